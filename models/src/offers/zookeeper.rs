//! What ZooKeeper makes possible, and what its answers and a controller's metadata bring besides their first step.

use sim_core::{Hold, Input, Offer, Op};

use super::{Offers, environment, fire_sessions, ordered};
use crate::Kafka;
use crate::actions::{Event, Local, Mark};
use crate::config::{Config, Control, Pace};
use crate::faults::Fault;
use crate::ids::{BrokerId, Node};
use crate::kafka_controller::{Occasion, UpdateMetadata};
use crate::message::Lane;
use crate::slots::{Slot, lanes};
use crate::zookeeper::{Answer, ZooKeeper};

/// Sessions: at no cost where the broker cannot be heard, else the expiry of a living broker's session. Servers of the
/// ensemble, and the orders of an operator.
pub(super) fn of_tree(config: &Config, tree: &ZooKeeper, out: &mut Offers<'_>) {
    fire_sessions(config, Node::ZooKeeper, tree.timers.ready(), &tree.silent, out);
    if let Control::ZooKeeper { ensemble } = config.control {
        if tree.servers_down < ensemble {
            out.push(server(config, tree, Event::KillServer(tree.servers_down + 1)).spending(Fault::Kill));
        }
        if tree.servers_down > 0 {
            out.push(server(config, tree, Event::StartServer(tree.servers_down - 1)));
        }
    }
    let orders = config.admin.iter();
    out.extend(orders.map(|command| ordered(config, Node::Controller, command).spending(Fault::Admin)));
}

/// One server more or less. Without a majority nothing reaches the tree, and no session ends.
fn server(config: &Config, tree: &ZooKeeper, event: Event) -> Offer<Kafka> {
    let down = match event {
        Event::KillServer(down) | Event::StartServer(down) => down,
        event => panic!("not about a server of the ensemble: {event}"),
    };
    let (had, has) = (config.has_majority(tree.servers_down), config.has_majority(down));
    let mut offer = environment(event);
    let traffic = match (had, has) {
        (true, false) => Some((Mark::Freeze, Op::Hold(Hold::Pause))),
        (false, true) => Some((Mark::Thaw, Op::Release(Hold::Pause))),
        (true, true) | (false, false) => None,
    };
    offer = offer.step(Node::ZooKeeper, Input::Local(Local::Servers(down)));
    let Some((timers, traffic)) = traffic else { return offer };
    offer = offer.op(Slot::ZooKeeper, Op::Mark(timers));
    for (from, to, lane) in lanes(config).into_iter().filter(|(_, to, _)| *to == Node::ZooKeeper) {
        offer = offer.op(Slot::Queue(from, to, lane), traffic.clone());
    }
    if has {
        offer = offer.step(Node::ZooKeeper, Input::Local(Local::Majority));
    }
    offer
}

/// What an answer of ZooKeeper brings besides.
pub(super) fn answered(config: &Config, offer: Offer<Kafka>, id: BrokerId, answer: &Answer) -> Offer<Kafka> {
    let me = Node::Broker(id);
    match answer {
        Answer::Connected(_) => {
            let channels = lanes(config).into_iter();
            let channels = channels.filter(|(_, to, lane)| *to == me && *lane == Lane::Channel);
            let offer = channels.fold(offer, |offer, (from, to, lane)| {
                offer.op(Slot::Queue(from, to, lane), Op::Listen)
            });
            let offer = offer.step(me, Input::Local(Local::Session));
            config.hosted(id).fold(offer, |offer, partition| {
                offer.step(me, Input::Local(Local::AskAgain(partition)))
            })
        }
        Answer::Expired(epoch) => offer.step(me, Input::Local(Local::Expired(*epoch))),
        Answer::NodeExists | Answer::Elected(..) | Answer::NotElected | Answer::Fired(_) | Answer::Brokers(_) => offer,
        Answer::IsrChanges(_) | Answer::Done(_) | Answer::ControllerMoved | Answer::Config(..) => offer,
    }
}

/// What new metadata brings besides: who was kept out of an ISR may enter, and a proposal finds the new controller.
pub(super) fn told(config: &Config, offer: Offer<Kafka>, id: BrokerId, request: &UpdateMetadata) -> Offer<Kafka> {
    let me = Node::Broker(id);
    let local = |partition| match request.occasion {
        Occasion::Beginning => Local::AskAgain(partition),
        Occasion::Change => Local::Told(partition),
    };
    if config.pace == Pace::Clock && request.occasion == Occasion::Change {
        return offer;
    }
    config
        .hosted(id)
        .fold(offer, |offer, partition| offer.step(me, Input::Local(local(partition))))
}
