//! All recordings: read, counted, and compared with a model that replays them.

mod comparing;
mod conforming;
mod reading;
mod replay;
