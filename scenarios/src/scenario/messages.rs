//! Owns every sentence that is said about a scenario, by id: a second language is a second column of this table.

use crate::scenario::text::Message;

/// Declares the sentences, and the list of all of them.
macro_rules! messages {
    ($($name:ident $id:literal $en:literal;)*) => {
        $(#[doc = $en] pub static $name: Message = Message { id: $id, en: $en };)*

        /// Every sentence.
        pub static ALL: &[&Message] = &[$(&$name),*];
    };
}

messages! {
    // Reading the file.
    FILE_TOO_LARGE "file-too-large" "the file is larger than 1 MiB";
    FILE_UNREADABLE "file-unreadable" "cannot read {file}: {why}";
    FILE_EMPTY "file-empty" "there is no scenario in this file";
    FILE_BINARY "file-binary" "this is a binary file, not a text";
    FILE_IS_TRACE "file-is-trace" "this is a trace, not a scenario";
    HELP_REPLAY "help-replay" "`sim replay {file}` runs it again";
    FILE_UTF16 "file-utf16" "the text is encoded as UTF-16";
    FILE_NOT_UTF8 "file-not-utf8" "the byte {byte} is not UTF-8 text";
    HELP_SAVE_UTF8 "help-save-utf8" "save the file as UTF-8";
    HELP_WHERE_SCENARIOS "help-where-scenarios" "write `sim list scenarios` for those that come with it";
    NOTE_NOTHING_READ "note-nothing-read" "nothing was read";
    NOTE_MORE "note-more" "there may be more; only the first {count} problems are listed";

    // Brackets and commas.
    COMMA_MISSING "comma-missing" "a comma is missing before this";
    COMMA_AFTER "comma-after" "after this value";
    UNCLOSED "unclosed" "the file ends too early: this `{bracket}` is never closed";
    NOTE_OPEN "note-open" "{count} brackets are open at the end";
    MISMATCH "mismatch" "`{close}` does not close `{open}`";
    OPENED_HERE "opened-here" "opened here";
    UNCLOSED_TEXT "unclosed-text" "the file ends too early: this text has no closing quote";
    UNCLOSED_COMMENT "unclosed-comment" "the file ends too early: this comment is never closed by `*/`";
    TRAILING "trailing" "something follows after the end of the scenario";
    NO_VALUE "no-value" "a value was expected here";
    TOO_DEEP "too-deep" "brackets are nested more than {max} deep";

    // Names and values of fields.
    FIELD_UNKNOWN "field-unknown" "there is no field `{word}` here";
    FIELD_TWICE "field-twice" "the field `{word}` is given twice";
    FIELD_MISSING "field-missing" "{owner} needs the field `{word}`";
    VARIANT_UNKNOWN "variant-unknown" "`{word}` is not {noun}";
    VALUE_WRONG "value-wrong" "expected {expected}, got `{word}`";
    VALUE_OUT_OF_BOUNDS "value-out-of-bounds" "`{word}` is out of bounds: expected {expected}";
    HELP_FIELDS "help-fields" "fields: {fields}";
    HELP_MEANT "help-meant" "did you mean `{name}`?";
    HELP_MEANT_FIELDS "help-meant-fields" "did you mean `{name}`? fields: {fields}";
    HELP_ONE_OF "help-one-of" "one of {names}";
    HELP_MEANT_ONE_OF "help-meant-one-of" "did you mean `{name}`? one of {names}";
    HELP_NAMES "help-names" "{what}: {names}";
    HELP_LIST "help-list" "write `sim list {list}` for all {what}";
    HELP_MEANT_LIST "help-meant-list" "did you mean `{name}`? write `sim list {list}` for all {what}";
    PARENTHESES_MISSING "parentheses-missing" "`{word}` needs ( ) behind it";
    HELP_PARENTHESES "help-parentheses" "write `{name}(...)`, or `{name}()` where no field is needed";
    TIME_WRONG "time-wrong" "{word} is not a time: {why}";
    HELP_TIME "help-time" "write a number with its unit, one of us, ms, s, min, h, d: \"1.5s\"";
    UNREADABLE "unreadable" "this cannot be understood: {why}";
    VERSION_UNKNOWN "version-unknown" "written by format {version}, this build reads {known}";
    HELP_NEWER "help-newer" "use the newer sim";

    // The cluster.
    NAME_EMPTY "name-empty" "the scenario needs a name";
    NAME_CHARACTERS "name-characters" "`{name}` cannot be the name of a scenario";
    HELP_NAME "help-name" "it becomes part of file names: up to 80 of a-z, 0-9, `-`, `_` and `.`, the first a \
        letter or digit";
    NAME_UNKNOWN "name-unknown" "there is no {what} `{word}`";
    PRESET_NEEDS "preset-needs" "the preset `{preset}` needs `control: {control}(...)`";
    BROKERS_NONE "brokers-none" "a cluster needs at least one broker";
    CONTROLLERS_NONE "controllers-none" "a cluster needs at least one controller";
    NODE_TWICE "node-twice" "node {node} is listed twice";
    NODE_BOTH "node-both" "node {node} is a broker and a controller";
    HELP_COMBINED "help-combined" "give the controllers ids of their own, such as 101, or use `KraftCombined(nodes: [...])`";
    TOO_MANY "too-many" "{count} {what} are more than the {max} that can be simulated";
    BROKER_UNKNOWN "broker-unknown" "{what} broker {node}, but the cluster has {brokers}";
    NODE_UNKNOWN "node-unknown" "{what} node {node}, but the cluster has {brokers} and {controllers}";
    NOTE_BROKERS_AT "note-brokers-at" "brokers are declared at {place}";

    // Topics.
    TOPIC_NAME "topic-name" "`{name}` cannot be the name of a topic";
    HELP_TOPIC_NAME "help-topic-name" "up to 249 of a-z, A-Z, 0-9, `.`, `_` and `-`, but neither `.` nor `..`";
    TOPIC_TWICE "topic-twice" "there are two topics `{topic}`";
    TOPIC_UNKNOWN "topic-unknown" "{what} topic `{topic}`, but the cluster has {topics}";
    TOPIC_NONE "topic-none" "{what} topic `{topic}`, but the cluster has no topics";
    PARTITION_UNKNOWN "partition-unknown" "{what} partition {partition} of topic `{topic}`, which has {partitions}";
    ASSIGNMENT_AND_COUNT "assignment-and-count" "topic `{topic}` has an assignment, which already says its `{field}`";
    PARTITIONS_NONE "partitions-none" "topic `{topic}` has no partitions";
    REPLICATION_NONE "replication-none" "topic `{topic}` asks for replication 0";
    REPLICATION_TOO_LARGE "replication-too-large" "topic `{topic}` asks for replication {replication} with {brokers}";
    NOTE_REPLICATION "note-replication" "a real cluster answers InvalidReplicationFactorException (\"Replication \
        factor: {replication} larger than available brokers: {brokers}.\" with ZooKeeper); set `allow_invalid: \
        true` to simulate that answer";
    ASSIGNMENT_EMPTY "assignment-empty" "partition {partition} of topic `{topic}` has no replicas";
    ASSIGNMENT_TWICE "assignment-twice" "partition {partition} of topic `{topic}` has two replicas on broker {node}";
    ASSIGNMENT_UNEVEN "assignment-uneven" "partition {partition} of topic `{topic}` has {count} replicas, the first \
        partition has {first}";
    NOTE_ASSIGNMENT "note-assignment" "a real cluster answers InvalidReplicaAssignmentException; set \
        `allow_invalid: true` to simulate that answer";
    MIN_ISR_EQUAL "min-isr-equal" "min.insync.replicas ({min}) equals the replication factor ({replication})";
    NOTE_MIN_ISR_EQUAL "note-min-isr-equal" "one stopped broker will refuse every acks=all write";
    MIN_ISR_LARGER "min-isr-larger" "min.insync.replicas ({min}) is larger than the replication factor \
        ({replication})";
    NOTE_MIN_ISR_LARGER "note-min-isr-larger" "before Kafka 3.7 every acks=all write is refused; since then \
        {replication} are enough";

    // Settings and switches.
    SETTING_NOT_TOPIC "setting-not-topic" "`{word}` is not a topic setting";
    SETTING_NOT_NODE "setting-not-node" "`{word}` is not a broker setting";
    HELP_BROKER_SETTING "help-broker-setting" "it is a broker's: write it into `settings` of the scenario";
    HELP_TOPIC_NAMED "help-topic-named" "the topic setting is called `{name}`";
    HELP_CLIENT_SETTING "help-client-setting" "it is a client's: say it in `clients`";
    SETTING_NOT_MODELLED "setting-not-modelled" "`{word}` is a Kafka setting that is not modelled yet";
    SETTING_NOT_IN_RELEASE "setting-not-in-release" "`{word}` does not exist in {release} and has no effect";
    SETTING_VALUE "setting-value" "`{word}` expects {expected}, got `{value}`";
    SETTING_TWICE "setting-twice" "`{word}` and `{other}` are the same setting";
    NOTE_SETTING "note-setting" "{name}: {meaning}";
    SWITCH_VALUE "switch-value" "the switch `{word}` cannot be `{value}`";

    // Clients.
    CLIENT_ID_EMPTY "client-id-empty" "a client needs an id";
    CLIENT_TWICE "client-twice" "there are two clients `{id}`";
    CLIENT_UNKNOWN "client-unknown" "{what} client `{id}`, but the scenario has {clients}";
    CLIENT_NO_PRODUCER "client-no-producer" "{what} client `{id}`, which is no producer";
    GROUP_NOT_MODELLED "group-not-modelled" "`Group` is not modelled yet";
    HELP_GROUP "help-group" "use `Consumer`, which reads all partitions without a group";
    IDEMPOTENT_ACKS "idempotent-acks" "an idempotent producer needs `acks: All`, not `{acks}`";
    IDEMPOTENT_RETRIES "idempotent-retries" "an idempotent producer needs at least one retry";
    NOTE_IDEMPOTENT "note-idempotent" "Kafka's producer answers ConfigException and does not start";
    ACKS_DIFFER "acks-differ" "client `{id}` writes with `acks: {client}`, this event with `acks: {event}`";
    BATCH_NONE "batch-none" "a batch holds at least one record";

    // The script, the budget, the bounds.
    AT_BACKWARDS "at-backwards" "{event} is at {at}, before the event above it at {before}";
    CLOCK_OFF "clock-off" "{event} names a time, but `clock: Off` has none";
    LABEL_TWICE "label-twice" "there are two labels `{label}`";
    LABEL_EMPTY "label-empty" "a label needs a name";
    SAME_NODE "same-node" "{event} needs two different nodes, got {node} twice";
    BROKER_IS "broker-is" "{what} broker {node}, which is {state} at that point";
    NOTE_BROKER_IS "note-broker-is" "it changes nothing";
    MOVES_NOTHING "moves-nothing" "{event} names no partition";
    NO_ENSEMBLE "no-ensemble" "{event} is about a ZooKeeper server, and this cluster has none";
    PARTITIONS_NO_INCREASE "partitions-no-increase" "topic `{topic}` has {have} partitions; {count} would not be an \
        increase";
    ROWS_WRONG "rows-wrong" "topic `{topic}` gets {new} new partitions, but {rows} rows of replicas";
    BOUND_NONE "bound-none" "`{bound}` is 0: nothing would be run";
    PROPERTY_OMITTED "property-omitted" "the property `{property}` is omitted and {where}";
    PROPERTY_NOT_CHECKED "property-not-checked" "the property `{property}` is expected to be violated, but is not \
        among `properties`";
    REASON_EMPTY "reason-empty" "leaving out `{property}` needs a reason";
    LISTED_TWICE "listed-twice" "`{word}` is listed twice";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::text::placeholders;

    #[test]
    fn ids_are_unique() {
        let mut ids: Vec<&str> = ALL.iter().map(|message| message.id).collect();
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }

    #[test]
    fn every_brace_belongs_to_a_placeholder() {
        for message in ALL {
            let braces = message.en.matches(['{', '}']).count();
            assert_eq!(braces, 2 * placeholders(message.en).len(), "{}", message.id);
        }
    }
}
