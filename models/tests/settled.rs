//! The settled cluster: every broker serves, every replica is in sync.

use models::config::Config;
use models::features::PRESETS;
use models::ids::{BrokerId, Partition};
use models::settle::settled;
use models::slots::{Slot, Value};

#[test]
fn every_preset_settles_with_all_replicas_in_sync() {
    for preset in PRESETS {
        let config = Config::small(preset.features, 3, 1);
        let world = settled(&config);
        let Value::Controller(controller) = world.get(Slot::Controller) else {
            panic!("no controller")
        };
        let state = controller.cluster.partition(Partition(0)).expect("the topic exists");
        assert_eq!(
            state.isr.as_slice(),
            [BrokerId(1), BrokerId(2), BrokerId(3)],
            "{}",
            preset.name
        );
        assert_eq!(state.leader, Some(BrokerId(1)), "{}", preset.name);
    }
}
