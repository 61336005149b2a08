//! What a broker asks whichever controller is active. Kafka: `NodeToControllerChannelManager`, `RaftControllerNodeProvider`.

use alloc::boxed::Box;

use sim_core::{Hold, Model, Op, Since};

use super::Part;
use crate::actions::Timer;
use crate::config::Pace;
use crate::ids::{BrokerId, Node};
use crate::message::Msg;
use crate::slots;
use crate::{Context, Kafka};

/// A request goes on to the controller that this process takes for the active one.
pub fn on_forward(at: Part<'_>, cx: &mut Context<'_>, broker: BrokerId, msg: &Msg) {
    let leader = at.manager.leader().expect("requests wait until a leader is known");
    let request = Msg::Forwarded(Box::new(msg.clone()));
    let queue = Kafka::queue(Node::Broker(broker), cx.config().roster().node(leader), &request);
    cx.order(queue, Op::Push(request));
}

/// The controller that was asked is not the active one, or does not answer the door. With a clock the broker asks again after
/// a while; without one it waits until it knows of another leader.
pub fn on_refused(at: Part<'_>, cx: &mut Context<'_>, broker: BrokerId) {
    match cx.config().pace {
        Pace::Clock => cx.arm(&mut at.manager.timers, Timer::Channel, Since::Now),
        Pace::Free => at.manager.refused = at.manager.member.epoch(),
    }
    for slot in slots::outbound(cx.config(), broker) {
        cx.order(slot, Op::Hold(Hold::Stall));
    }
}

/// It asks again.
pub fn on_channel(at: Part<'_>, cx: &mut Context<'_>, broker: BrokerId) {
    at.manager.timers.cancel(Timer::Channel);
    for slot in slots::outbound(cx.config(), broker) {
        cx.order(slot, Op::Release(Hold::Stall));
    }
}
