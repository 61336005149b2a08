//! A complete small model under the timed driver: Ann serves, both return the ball, wind or a miss may end the rally.
//!
//! `cargo run -p sim-core --example ping_pong -- 7` plays the rally of seed 7.

#![allow(missing_docs)]

use std::fmt::{self, Write};

use serde::{Deserialize, Serialize};
use sim_core::{
    Action, Budget, Context, Input, Instant, Latency, Model, Never, Offer, Offers, Op, Purpose, Queue, Ratio, Seeded,
    Since, Span, Stage, Stream, Timed, Timers, World, footprint,
};

/// The protocol; all that its handlers know is in their slots.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct PingPong;

/// What never changes.
pub struct Rules {
    /// A rally is won with this stroke; an even one is the stroke of Ann, who then serves no more.
    pub strokes: u8,
    /// How many balls the wind may take.
    pub gusts: u8,
}

/// Declares closed sets of names; their text is that of the source.
macro_rules! names {
    ($($(#[$meta:meta])* enum $name:ident { $($variants:tt)* })*) => { $(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[allow(missing_docs, reason = "the names are the words of the game")]
        pub enum $name { $($variants)* }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self, f)
            }
        }
    )* };
}

names! {
    /// Who plays.
    enum Name { Ann, Bob }
    /// Where state is: a player, the balls that fly towards one, what the wind may still do, the score.
    enum Slot { Player(Name), Flight(Name), Wind, Score }
    /// A ball, with the number of its stroke.
    enum Ball { Stroke(u8) }
    /// What is announced.
    enum Fact { Hit(u8), Missed(u8), Won }
    /// What Ann can be told.
    enum Command { Play }
    /// What the environment does: it takes the ball that flies towards this player.
    enum Event { Gust(Name) }
    /// Ann serves again when nothing comes back.
    enum Timer { Serve }
    /// The kind of fault that the rules count.
    enum Fault { Gust }
}

/// A player's memory.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct Player {
    timers: Timers<Timer>,
}

/// The longest rally.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct Score(u8);

/// Contents of slots.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub enum Value {
    /// Lent to a handler.
    #[default]
    Lent,
    /// A player's memory.
    Player(Player),
    /// Balls in the air, the oldest first.
    Flight(Queue<Ball>),
    /// How many gusts are left.
    Wind(Budget),
    /// What was announced.
    Score(Score),
}

footprint! { PingPong, Slot, Value;
    /// A player at work.
    pub struct AtTable(me: Name) { player: write Player(me) }
}

impl AtTable<'_> {
    fn serve(self, cx: &mut Context<'_, PingPong>) {
        cx.send(Name::Bob, Ball::Stroke(1));
        cx.arm(&mut self.player.timers, Timer::Serve, Since::Now);
    }

    fn on_ball(self, cx: &mut Context<'_, PingPong>, from: Name, Ball::Stroke(stroke): Ball) {
        if cx.choose("the ball is missed", 2) == 1 {
            return cx.announce(Fact::Missed(stroke));
        }
        cx.announce(Fact::Hit(stroke));
        if stroke == cx.config().strokes {
            self.player.timers.cancel(Timer::Serve);
            return cx.announce(Fact::Won);
        }
        cx.send(from, Ball::Stroke(stroke + 1));
        if self.me == Name::Ann {
            cx.arm(&mut self.player.timers, Timer::Serve, Since::Now);
        }
    }
}

impl Model for PingPong {
    type Config = Rules;
    type Node = Name;
    type Slot = Slot;
    type Value = Value;
    type Msg = Ball;
    type Fact = Fact;
    type Command = Command;
    type Event = Event;
    type Timer = Timer;
    type Moment = Never;
    type Fault = Fault;
    type Local = Never;
    type Mark = Never;

    fn layout(rules: &Rules) -> Vec<(Slot, Value)> {
        let players = [Name::Ann, Name::Bob];
        let mut slots = Vec::from(players.map(|name| (Slot::Player(name), Value::Player(Player::default()))));
        slots.extend(players.map(|name| (Slot::Flight(name), Value::Flight(Queue::default()))));
        slots.push((Slot::Wind, Value::Wind(Budget::Left(rules.gusts))));
        slots.push((Slot::Score, Value::Score(Score::default())));
        slots
    }

    fn key(slot: Slot) -> u64 {
        match slot {
            Slot::Player(name) => name as u64,
            Slot::Flight(name) => 2 + name as u64,
            Slot::Wind => 4,
            Slot::Score => 5,
        }
    }

    fn offers(_: &Rules, slot: Slot, value: &Value, out: &mut Offers<'_, Self>) {
        match (slot, value) {
            (Slot::Player(name), Value::Player(player)) => out.extend(
                player
                    .timers
                    .ready()
                    .iter()
                    .map(|timer| Offer::new(Action::Fire(name, *timer)).step(name, Input::Fired(*timer))),
            ),
            (Slot::Flight(to), Value::Flight(queue)) => {
                let Some(Ok(ball)) = queue.head() else { return };
                let from = if to == Name::Ann { Name::Bob } else { Name::Ann };
                let arrives = Input::Received {
                    from,
                    msg: *ball,
                    arrival: sim_core::Arrival::InOrder,
                };
                out.push(Offer::new(Action::Deliver(slot)).op(slot, Op::Pop).step(to, arrives));
                out.push(
                    Offer::new(Action::Environment(Event::Gust(to)))
                        .spending(Fault::Gust)
                        .op(slot, Op::Pop),
                );
            }
            _ => {}
        }
    }

    fn offered_by(_: &Rules, action: &Action<Self>) -> Slot {
        match action {
            Action::Deliver(slot) | Action::DeliverOverdue(slot) => *slot,
            Action::Fire(name, _) | Action::Command(name, _) => Slot::Player(*name),
            Action::Environment(Event::Gust(to)) => Slot::Flight(*to),
        }
    }

    fn scripted(_: &Rules, action: &Action<Self>) -> Option<Offer<Self>> {
        let Action::Command(Name::Ann, command) = action else {
            return None;
        };
        Some(Offer::new(action.clone()).step(Name::Ann, Input::Commanded(*command)))
    }

    fn step(_: &Rules, me: Name, input: &Input<Self>, stage: &mut Stage<'_, Self>) {
        stage.run::<AtTable<'_>>((me,), |at, cx| match input {
            Input::Commanded(Command::Play) | Input::Fired(Timer::Serve) => at.serve(cx),
            Input::Received { from, msg, .. } => at.on_ball(cx, *from, *msg),
            Input::Disconnected(_) => {}
            Input::Local(never) => match *never {},
        });
    }

    fn operate(value: &mut Value, op: &Op<Self>) {
        match (value, op) {
            (Value::Flight(queue), Op::Push(ball)) => queue.push(*ball),
            (Value::Flight(queue), Op::Pop) => queue.pop(),
            (Value::Wind(left), Op::Spend(Fault::Gust)) => left.spend(),
            (Value::Score(score), Op::Record(_, Fact::Hit(stroke))) => score.0 = score.0.max(*stroke),
            (Value::Score(_), Op::Record(_, Fact::Missed(_) | Fact::Won)) => {}
            (value, op) => panic!("nobody does `{op}` to {value:?}"),
        }
    }

    fn faults() -> Slot {
        Slot::Wind
    }

    fn allows(faults: &Value, _: Fault) -> bool {
        matches!(faults, Value::Wind(left) if left.allows())
    }

    fn ledger() -> Slot {
        Slot::Score
    }

    fn queue(_: Name, to: Name, _: &Ball) -> Slot {
        Slot::Flight(to)
    }

    fn span(_: &Rules, _: Name, _: Timer) -> Span {
        Span::from_ms(100)
    }

    fn suspended(_: &Value) -> bool {
        false
    }
}

/// How long a ball flies: 5 to 8 ms.
pub fn flight(_: &Rules, _: Slot) -> Latency {
    Latency {
        base_us: 5_000,
        jitter_us: 3_000,
        tail: Ratio::NEVER,
        tail_us: 0,
    }
}

/// Ann is told to play; then one line per action, with its time and what it did, until nothing is due.
pub fn rally(rules: &Rules, seed: u64) -> String {
    let mut timed: Timed<'_, PingPong> = Timed::new(World::new(rules), seed, flight);
    let mut misses = Stream::new(seed, Purpose::Choices);
    let play = timed
        .world
        .find(&Action::Command(Name::Ann, Command::Play))
        .expect("Ann can always be told to play");
    timed.perform(&play, &mut Seeded(&mut misses));
    let mut told = format!("{}  {}\n", timed.now(), play.action);
    while let Some(action) = timed.advance(Instant::from_us(10_000_000), &mut Seeded(&mut misses)) {
        let deed = sim_core::trace::deed(&timed.scratch);
        // A text takes whatever is written into it.
        let _ = writeln!(told, "{}  {action}: {}", timed.now(), deed.effects.join(", "));
    }
    let state = timed.world.fingerprint();
    format!("{told}state {state:016x}\n")
}

/// Plays the rally of the seed that was given, or of seed 0.
pub fn main() {
    let seed = std::env::args().nth(1).and_then(|seed| seed.parse().ok()).unwrap_or(0);
    print!("{}", rally(&Rules { strokes: 6, gusts: 0 }, seed));
}
