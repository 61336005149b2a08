//! Owns the times of a cluster: the defaults of the preset's release, then what the scenario sets.

use models::config::{Balance, Pace, Times};
use sim_core::{Latency, Ratio, Span};

use super::balance_of;
use crate::scenario::schema::{Client, Control, Scenario};
use crate::scenario::settings::{Release, client_setting, node_setting};

/// A message takes this long where the script is played, in microseconds.
const LATENCY_US: u32 = 500;

/// `zookeeper.session.timeout.ms` from 2.5 on.
const ZK_SESSION: Span = Span::from_ms(18_000);

/// Pings in a session timeout: so a killed broker's session ends after five sixths of it or more, as recorded.
pub(crate) const PINGS: u64 = 6;

/// All times. What a setting does not exist for keeps the model's default.
pub(super) fn of(scenario: &Scenario, pace: Pace) -> Times {
    let ms = |name: &str, default: Span| millis(scenario, name).map_or(default, Span::from_ms);
    let own = Times::default();
    let (session, heartbeat) = match &scenario.control {
        Control::Kraft { .. } | Control::KraftCombined { .. } => (
            ms("broker.session.timeout.ms", own.session),
            ms("broker.heartbeat.interval.ms", own.heartbeat),
        ),
        Control::ZooKeeper { session, .. } => {
            let session = session.map(|session| Span::from_us(session.micros()));
            let session = session.unwrap_or_else(|| ms("zookeeper.session.timeout.ms", ZK_SESSION));
            (session, Span::from_us(session.as_us() / PINGS))
        }
    };
    Times {
        session,
        heartbeat,
        lag: ms("replica.lag.time.max.ms", own.lag),
        fetch_wait: ms("replica.fetch.wait.max.ms", own.fetch_wait),
        fetch_backoff: ms("replica.fetch.backoff.ms", own.fetch_backoff),
        checkpoint: ms("replica.high.watermark.checkpoint.interval.ms", own.checkpoint),
        request: of_client(scenario, "request.timeout.ms", own.request),
        delivery: delivery(scenario, own.delivery),
        retry: of_client(scenario, "retry.backoff.ms", own.retry),
        balance: seconds(scenario, "leader.imbalance.check.interval.seconds", own.balance),
        shutdown_retry: ms("controlled.shutdown.retry.backoff.ms", own.shutdown_retry),
        isr_notice: own.isr_notice,
        boot: own.boot,
        latency: match pace {
            Pace::Clock => Latency::fixed(LATENCY_US),
            // A sampler with a clock wants messages to overtake each other now and then.
            Pace::Free => Latency {
                base_us: 300,
                jitter_us: 700,
                tail: one_in_fifty(),
                tail_us: 100_000,
            },
        },
        producers: own.producers,
    }
}

fn one_in_fifty() -> Ratio {
    Ratio::new(1, 50).expect("one is less than fifty")
}

/// `auto.leader.rebalance.enable`.
pub(super) fn balance(scenario: &Scenario) -> Balance {
    balance_of(&text(scenario, "auto.leader.rebalance.enable").unwrap_or_default())
}

/// A setting of the nodes as text: the scenario's, or the default of its release.
fn text(scenario: &Scenario, name: &str) -> Option<String> {
    let setting = node_setting(name)?;
    let given = scenario.settings.iter().find(|(key, _)| setting.is_called(key));
    match given {
        Some((_, value)) => Some(value.to_string()),
        None => setting
            .default_in(Release::of_preset(&scenario.preset))
            .map(str::to_owned),
    }
}

fn millis(scenario: &Scenario, name: &str) -> Option<u64> {
    text(scenario, name)?.parse().ok()
}

fn seconds(scenario: &Scenario, name: &str, default: Span) -> Span {
    millis(scenario, name).map_or(default, Span::from_s)
}

/// A setting of clients in its default.
fn of_client(scenario: &Scenario, name: &str, default: Span) -> Span {
    let release = Release::of_preset(&scenario.preset);
    let value = client_setting(name).and_then(|setting| setting.default_in(release));
    value
        .and_then(|value| value.parse().ok())
        .map_or(default, Span::from_ms)
}

/// Differs from Kafka: all producers have one delivery timeout here, the longest that a scenario names.
fn delivery(scenario: &Scenario, default: Span) -> Span {
    let given = scenario.clients.iter().filter_map(|client| match client {
        Client::Producer { timeout, .. } => timeout.map(|timeout| Span::from_us(timeout.micros())),
        Client::Consumer { .. } | Client::Group { .. } => None,
    });
    given
        .max()
        .unwrap_or_else(|| of_client(scenario, "delivery.timeout.ms", default))
}
