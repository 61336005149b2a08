//! What a Kafka user writes: seeds of scenarios, and the traces that are kept, as tests.

scenarios::sim_test!(the_tour_is_sound_under_the_newest_rules: "tour/scenario.ron", seeds = 0..64);
scenarios::sim_test!("labs/08-preferred-leaders/scenario.ron", seeds = 0..4);
scenarios::replay_all!("regressions");
