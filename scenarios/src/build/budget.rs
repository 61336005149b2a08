//! Owns the way from a kind of fault to its number in the budget of a scenario, and back.

use models::faults::Fault;

use crate::scenario::schema::Faults;

impl Faults {
    /// How many faults of a kind there may be; of operator commands, how many are listed.
    pub fn number(&self, fault: Fault) -> u8 {
        match fault {
            Fault::Kill => self.kill,
            Fault::Power => self.power,
            Fault::PowerAll => self.power_all,
            Fault::Wipe => self.wipe,
            Fault::Pause => self.pause,
            Fault::Stop => self.stop,
            Fault::Reset => self.reset,
            Fault::Cut => self.cut,
            Fault::CutOneWay => self.cut_one_way,
            Fault::Late => self.late,
            Fault::SlowDisk => self.slow_disk,
            Fault::DirFail => self.dir_fail,
            Fault::FullDisk => self.full_disk,
            Fault::Expiry => self.expiry,
            Fault::Admin => u8::try_from(self.admin.len()).unwrap_or(u8::MAX),
        }
    }

    /// The number of a kind of fault; operator commands have none, as each of them is listed.
    pub fn number_mut(&mut self, fault: Fault) -> Option<&mut u8> {
        Some(match fault {
            Fault::Kill => &mut self.kill,
            Fault::Power => &mut self.power,
            Fault::PowerAll => &mut self.power_all,
            Fault::Wipe => &mut self.wipe,
            Fault::Pause => &mut self.pause,
            Fault::Stop => &mut self.stop,
            Fault::Reset => &mut self.reset,
            Fault::Cut => &mut self.cut,
            Fault::CutOneWay => &mut self.cut_one_way,
            Fault::Late => &mut self.late,
            Fault::SlowDisk => &mut self.slow_disk,
            Fault::DirFail => &mut self.dir_fail,
            Fault::FullDisk => &mut self.full_disk,
            Fault::Expiry => &mut self.expiry,
            Fault::Admin => return None,
        })
    }

    /// Kinds that may happen, each with its number: `kill 3, late 1`.
    pub fn listed(&self) -> impl Iterator<Item = (Fault, u8)> + '_ {
        let numbers = Fault::ALL.iter().map(|fault| (*fault, self.number(*fault)));
        numbers.filter(|(_, number)| *number > 0)
    }
}
