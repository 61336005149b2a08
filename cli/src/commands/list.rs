//! `sim list`: what exists, each with one line of meaning; with a name, all that is known of it.

use checker::explore::SAMPLERS;
use checker::{properties, witness};
use models::faults::Fault;
use models::features::{Features, PRESETS};
use scenarios::builtin::{self, Builtin};
use scenarios::scenario::settings::{Release, SETTINGS, Setting, Support};
use serde::Serialize;

use super::{Call, mutants, spec};
use crate::args::{Lang, List, Lists};
use crate::exit::{Ended, Exit, Refusal};
use crate::output::Format;
use crate::{input, settings};

/// One thing in a list.
#[derive(Serialize)]
struct Item {
    name: String,
    /// What else stands in its row, between name and meaning.
    #[serde(flatten)]
    columns: serde_json::Map<String, serde_json::Value>,
    about: String,
}

/// A list as an object.
#[derive(Serialize)]
struct Listing<'i> {
    schema: &'static str,
    what: &'static str,
    items: &'i [Item],
}

impl Item {
    fn new(name: impl Into<String>, about: impl Into<String>) -> Item {
        Item {
            name: name.into(),
            columns: serde_json::Map::new(),
            about: about.into(),
        }
    }

    fn with(mut self, column: &str, value: impl Into<String>) -> Item {
        self.columns
            .insert(column.to_owned(), serde_json::Value::String(value.into()));
        self
    }
}

/// Prints a list, or one item of it.
pub fn run(call: &mut Call<'_>, args: &List) -> Ended {
    let Some(what) = args.what else { return overview(call) };
    let (word, items) = items(call, what)?;
    match &args.name {
        None => print(call, word, &items),
        Some(name) => {
            let names: Vec<&str> = items.iter().map(|item| item.name.as_str()).collect();
            input::known(&singular(word), word, name, &names)?;
            let item = items
                .into_iter()
                .find(|item| item.name == *name)
                .expect("its name was looked up");
            one(call, what, word, item)
        }
    }
}

fn overview(call: &mut Call<'_>) -> Ended {
    use clap::ValueEnum;
    let lists = Lists::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    let about = |list: &clap::builder::PossibleValue| list.get_help().map(ToString::to_string).unwrap_or_default();
    let items: Vec<Item> = lists.map(|list| Item::new(list.get_name(), about(&list))).collect();
    print(call, "lists", &items)
}

/// `property` of `properties`.
fn singular(list: &str) -> String {
    match list.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None if list.ends_with("sses") => list.trim_end_matches("es").to_owned(),
        None => list.trim_end_matches('s').to_owned(),
    }
}

fn print(call: &mut Call<'_>, what: &'static str, items: &[Item]) -> Ended {
    match call.out.format {
        Format::Human => {
            let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
            let rows = items.iter().map(|item| {
                let columns = item.columns.values().map(text);
                [item.name.clone()]
                    .into_iter()
                    .chain(columns)
                    .chain([item.about.clone()])
                    .collect()
            });
            let rows: Vec<Vec<String>> = rows.collect();
            call.out.columns(&rows);
        }
        Format::Json | Format::Jsonl => call.out.json(&Listing {
            schema: "sim.list/1",
            what,
            items,
        }),
    }
    Ok(Exit::Expected)
}

fn items(call: &Call<'_>, what: Lists) -> Result<(&'static str, Vec<Item>), Refusal> {
    Ok(match what {
        Lists::Scenarios => ("scenarios", scenarios(call.settings.lang())),
        Lists::Presets => (
            "presets",
            PRESETS
                .iter()
                .map(|preset| Item::new(preset.name, preset.about))
                .collect(),
        ),
        Lists::Switches => ("switches", switches(call)),
        Lists::Properties => ("properties", property_items(call.settings.lang())),
        Lists::Witnesses => (
            "witnesses",
            witness::ALL
                .iter()
                .map(|(name, about)| Item::new(*name, *about))
                .collect(),
        ),
        Lists::Faults => (
            "faults",
            Fault::ALL
                .iter()
                .map(|fault| Item::new(fault.name(), fault.about()))
                .collect(),
        ),
        Lists::Samplers => (
            "samplers",
            SAMPLERS
                .iter()
                .map(|(name, _, about)| Item::new(*name, *about))
                .collect(),
        ),
        Lists::Settings => ("settings", settings_items(call)),
        Lists::Bugs => ("bugs", bugs()?),
        Lists::Specs => (
            "specs",
            spec::all()
                .into_iter()
                .map(|(name, about)| Item::new(name, about))
                .collect(),
        ),
    })
}

/// The catalogue of bugs, with what each is held to.
fn bugs() -> Result<Vec<Item>, Refusal> {
    let catalogue = mutants::catalogue(None)?;
    let rows = catalogue.bugs.iter().map(|bug| {
        Item::new(&bug.name, &bug.card.title)
            .with("entry", bug.card.entry.to_string())
            .with("layer", bug.card.layer.name())
            .with("kind", bug.card.kind.name())
            .with("property", &bug.card.property)
            .with("tickets", bug.card.tickets.join(", "))
    });
    Ok(rows.collect())
}

fn scenarios(lang: Lang) -> Vec<Item> {
    let about = |scenario: &scenarios::scenario::schema::Scenario| match (&scenario.about, lang) {
        (Some(about), Lang::Ko) => about.ko.clone().unwrap_or_else(|| about.en.clone()),
        (Some(about), Lang::En | Lang::Auto) => about.en.clone(),
        (None, _) => String::new(),
    };
    let item = |builtin: &Builtin| Item::new(builtin.name(), about(&builtin.scenario())).with("file", builtin.file());
    builtin::ALL.iter().map(item).collect()
}

fn property_items(lang: Lang) -> Vec<Item> {
    let claim = |about: &properties::About| match lang {
        Lang::Ko => about.korean,
        Lang::En | Lang::Auto => about.claim,
    };
    properties::ALL
        .iter()
        .map(|about| Item::new(about.name, claim(about)))
        .collect()
}

/// Switches with their value in the preset that was asked for.
fn switches(call: &Call<'_>) -> Vec<Item> {
    let preset = call.settings.preset().and_then(models::features::preset);
    let values = Features::values();
    let rows = Features::TABLE
        .iter()
        .zip(&values)
        .enumerate()
        .map(|(at, ((name, source, about), (_, words)))| {
            let value = preset.map_or_else(|| words.join("|"), |preset| preset.features.words()[at].1.to_owned());
            Item::new(*name, *about).with("value", value).with("source", *source)
        });
    rows.collect()
}

fn settings_items(call: &Call<'_>) -> Vec<Item> {
    if let Some(preset) = call.settings.preset() {
        let release = Release::of_preset(preset);
        return SETTINGS
            .iter()
            .filter_map(|setting| kafka_setting(setting, release))
            .collect();
    }
    let row = |(setting, value, source): (&settings::Setting, &str, &settings::Source)| {
        Item::new(setting.name, setting.about)
            .with("value", value)
            .with("source", source.to_string())
    };
    call.settings.all().map(row).collect()
}

fn kafka_setting(setting: &Setting, release: Release) -> Option<Item> {
    let value = setting.default_in(release)?;
    let support = match setting.support {
        Support::Modelled => "",
        Support::NotModelled => "not modelled",
    };
    let item = Item::new(setting.name, setting.meaning);
    let item = item
        .with("scope", setting.scope.name())
        .with("default", value)
        .with("unit", setting.unit.name());
    Some(item.with("support", support))
}

/// All that is known of one item.
fn one(call: &mut Call<'_>, what: Lists, word: &'static str, item: Item) -> Ended {
    let detailed = match what {
        Lists::Properties => property(&item.name),
        Lists::Presets => preset(&item.name),
        Lists::Scenarios => {
            let text = builtin::find(&item.name).map(|builtin| builtin.text.to_owned());
            if call.out.format == Format::Human {
                call.out.text(text.unwrap_or_default());
                return Ok(Exit::Expected);
            }
            text.map(|text| item_with(&item, &[("text", text)]))
        }
        Lists::Switches | Lists::Witnesses | Lists::Faults | Lists::Samplers => None,
        Lists::Settings | Lists::Specs | Lists::Bugs => None,
    };
    let item = detailed.unwrap_or(item);
    if call.out.format != Format::Human {
        return print(call, word, &[item]);
    }
    let mut rows = vec![vec!["name".to_owned(), item.name]];
    rows.push(vec!["meaning".to_owned(), item.about]);
    for (key, value) in &item.columns {
        let text = value.as_str().unwrap_or_default();
        rows.extend(text.lines().enumerate().map(|(at, line)| {
            let key = if at == 0 { key.replace('_', " ") } else { String::new() };
            vec![key, line.to_owned()]
        }));
    }
    call.out.columns(&rows);
    Ok(Exit::Expected)
}

fn item_with(item: &Item, columns: &[(&str, String)]) -> Item {
    let base = Item::new(&item.name, &item.about);
    columns.iter().fold(base, |item, (key, value)| item.with(key, value))
}

fn property(name: &str) -> Option<Item> {
    let about = properties::about(name)?;
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let item = Item::new(about.name, about.claim)
        .with("korean", about.korean)
        .with("formula", squeezed(about.formula));
    Some(
        item.with("assumptions", squeezed(about.assumptions))
            .with("source", about.source),
    )
}

fn preset(name: &str) -> Option<Item> {
    let preset = models::features::preset(name)?;
    let words = preset
        .features
        .words()
        .into_iter()
        .map(|(switch, value)| format!("{switch} = {value}"));
    let words: Vec<String> = words.collect();
    Some(Item::new(preset.name, preset.about).with("switches", words.join("\n")))
}
