//! The settled cluster: every broker serves, every replica is in sync.

use models::authority;
use models::config::{Config, Control};
use models::features::PRESETS;
use models::ids::{BrokerId, Partition};
use models::settle::settled;

#[test]
fn every_preset_settles_with_all_replicas_in_sync() {
    for preset in PRESETS {
        let mut config = Config::small(preset.features, 3, 1);
        if preset.name.starts_with("zk-") {
            config.control = Control::ZooKeeper { ensemble: 3 };
        }
        let world = settled(&config);
        let state = authority(&world).partition(Partition(0)).expect("the topic exists");
        assert_eq!(
            state.isr.as_slice(),
            [BrokerId(1), BrokerId(2), BrokerId(3)],
            "{}",
            preset.name
        );
        assert_eq!(state.leader, Some(BrokerId(1)), "{}", preset.name);
    }
}
