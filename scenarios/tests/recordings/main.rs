//! All recordings: read, counted, and compared with a model that replays them.

mod comparing;
mod reading;
mod replay;
