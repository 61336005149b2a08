//! What a value offers, as ids: made once per value of a slot.

use sim_core::{Model, Offer, Offers, Op};

use super::arena::Arena;
use super::{Interned, Shareable, kind};

/// An offer as ids, with the offer itself.
pub(super) struct Plan<M: Model> {
    pub(super) offer: Offer<M>,
    pub(super) kind: u8,
    /// The operation on the budget; only possible where the budget has one. It is in `own` if the budget itself offers.
    pub(super) spend: Option<u32>,
    /// What the offering slot holds after the operations on it, what the fingerprint gains by that, and the witnesses that
    /// they reach: they depend on nothing else.
    pub(super) own: (u32, u64, u32),
    /// Operations on other slots.
    pub(super) ops: Vec<u32>,
    pub(super) steps: Vec<u32>,
}

impl<M: Shareable> Plan<M> {
    /// All that this value of this slot offers.
    pub(super) fn of(space: &Interned<'_, M>, at: usize, id: u32) -> Vec<Plan<M>> {
        let mut arena = space.arena();
        let mut offers: Vec<Offer<M>> = Vec::new();
        let value = arena.get(at, id);
        M::offers(
            space.config,
            space.initial.slots()[at],
            value,
            &mut Offers::whole(&mut offers),
        );
        offers
            .into_iter()
            .map(|offer| Plan::new(space, &mut arena, (at, id), offer))
            .collect()
    }

    fn new(space: &Interned<'_, M>, arena: &mut Arena<M>, (at, id): (usize, u32), offer: Offer<M>) -> Plan<M> {
        let faults = space.initial.index(M::faults());
        let kind = kind(&offer.action);
        let spend = offer.spends.map(|fault| arena.ops(faults, vec![Op::Spend(fault)]));
        let me = space.initial.slots()[at];
        let (own, others): (Vec<_>, Vec<_>) = offer.ops.iter().cloned().partition(|(slot, _)| *slot == me);
        let (mut value, mut reached) = (arena.get(at, id).clone(), 0);
        // Where the budget itself offers, what is spent is an operation on the offering slot, too.
        let spent = offer.spends.filter(|_| at == faults).map(Op::Spend);
        for op in spent.iter().chain(own.iter().map(|(_, op)| op)) {
            M::operate(&mut value, op);
            reached |= (space.witnessing)(space.config, op);
        }
        let after = arena.value(at, value);
        let gain = arena.mix(at, after).wrapping_sub(arena.mix(at, id));
        let steps = offer.steps.iter();
        let steps = steps.map(|(node, input)| arena.step(*node, input.clone())).collect();
        Plan {
            kind,
            spend,
            own: (after, gain, reached),
            ops: ops(space, arena, others),
            steps,
            offer,
        }
    }
}

/// Operations as ids: those on one slot together, since operations on different slots do not see each other.
pub(super) fn ops<M: Shareable>(
    space: &Interned<'_, M>,
    arena: &mut Arena<M>,
    ops: impl IntoIterator<Item = (M::Slot, Op<M>)>,
) -> Vec<u32> {
    let mut by_slot: Vec<(M::Slot, Vec<Op<M>>)> = Vec::new();
    for (slot, op) in ops {
        match by_slot.iter_mut().find(|(known, _)| *known == slot) {
            Some((_, list)) => list.push(op),
            None => by_slot.push((slot, vec![op])),
        }
    }
    let id = |(slot, list)| arena.ops(space.initial.index(slot), list);
    by_slot.into_iter().map(id).collect()
}

/// Whether a budget affords what this operation spends.
pub(super) fn affords<M: Model>(arena: &Arena<M>, value: u32, spend: u32) -> bool {
    match arena.ops_of(spend) {
        (faults, [Op::Spend(fault)]) => M::allows(arena.get(faults, value), *fault),
        (_, other) => panic!("the budget is asked for {other:?}"),
    }
}
