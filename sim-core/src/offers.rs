//! What one slot makes possible, collected as far as somebody wants to know: names for a sampler, one deed for a replay.

use alloc::vec::Vec;

use crate::model::Model;
use crate::offer::{Action, Offer};

/// An offer by name: what a sampler sees of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Candidate<M: Model> {
    /// Its identity.
    pub action: Action<M>,
    /// The fault it spends.
    pub spends: Option<M::Fault>,
}

/// Takes the offers of slots, and keeps of them what is wanted. What a fault does to a whole cluster is long; whoever only
/// names it should not pay for that.
pub struct Offers<'a, M: Model> {
    kept: Kept<'a, M>,
}

enum Kept<'a, M: Model> {
    Whole(&'a mut Vec<Offer<M>>),
    Names(&'a mut Vec<Candidate<M>>),
    One(&'a Action<M>, &'a mut Option<Offer<M>>),
}

impl<'a, M: Model> Offers<'a, M> {
    /// Keeps all of them with all that they do, behind what the list has.
    pub fn whole(list: &'a mut Vec<Offer<M>>) -> Self {
        Self {
            kept: Kept::Whole(list),
        }
    }

    /// Keeps all of them by name, behind what the list has.
    pub fn names(list: &'a mut Vec<Candidate<M>>) -> Self {
        Self {
            kept: Kept::Names(list),
        }
    }

    /// The one offer of this slot that has this identity.
    pub fn find(config: &M::Config, slot: M::Slot, value: &M::Value, action: &Action<M>) -> Option<Offer<M>> {
        let mut found = None;
        let mut only = Offers {
            kept: Kept::One(action, &mut found),
        };
        M::offers(config, slot, value, &mut only);
        found
    }

    /// Adds an offer.
    pub fn push(&mut self, offer: Offer<M>) {
        let (action, spends) = (offer.action.clone(), offer.spends);
        self.add(action, spends, |_| offer);
    }

    /// Adds an offer that spends this fault. What it does is worked out only if it is wanted.
    pub fn add(&mut self, action: Action<M>, spends: Option<M::Fault>, complete: impl FnOnce(Offer<M>) -> Offer<M>) {
        let whole = |action| {
            let offer = complete(Offer::new(action));
            Offer { spends, ..offer }
        };
        match &mut self.kept {
            Kept::Whole(list) => list.push(whole(action)),
            Kept::Names(list) => list.push(Candidate { action, spends }),
            Kept::One(wanted, found) if **wanted == action && found.is_none() => **found = Some(whole(action)),
            Kept::One(..) => {}
        }
    }
}

impl<M: Model> Extend<Offer<M>> for Offers<'_, M> {
    fn extend<T: IntoIterator<Item = Offer<M>>>(&mut self, offers: T) {
        offers.into_iter().for_each(|offer| self.push(offer));
    }
}
