//! What is moved at every step stays small.

use models::kraft::quorum::{Committed, QuorumController, RaftManager};
use models::replication::Replica;

#[test]
fn what_a_quorum_has_makes_no_value_of_a_slot_larger() {
    for own in [
        size_of::<Committed>(),
        size_of::<QuorumController>(),
        size_of::<RaftManager>(),
    ] {
        assert!(own <= size_of::<Replica>(), "{own} bytes");
    }
}
