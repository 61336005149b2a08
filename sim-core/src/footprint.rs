//! What a handler may touch and what a property may read: structs of borrowed slots, written by two macros.

use alloc::vec::Vec;

use crate::context::Context;
use crate::model::Model;

/// The slots of one node that a handler reads and writes. Written by [`footprint!`](crate::footprint!).
pub trait Footprint<M: Model> {
    /// Which of the slots of that kind.
    type Key: Copy;
    /// The borrowed slots.
    type At<'a>;
    /// Their names, in the order of the fields.
    fn slots(key: Self::Key, out: &mut Vec<M::Slot>);
    /// The values under these names.
    fn bind<'a>(key: Self::Key, values: &'a mut [M::Value]) -> Self::At<'a>;
}

/// Names the slots or runs the handler: the arm that does one does the other, so they cannot disagree.
pub enum Stage<'s, M: Model> {
    /// Collect the names.
    Describe(&'s mut Vec<M::Slot>),
    /// Run on these values.
    Run(&'s mut [M::Value], &'s mut Context<'s, M>),
    /// The handler has run.
    Done,
}

impl<'s, M: Model> Stage<'s, M> {
    /// One arm of [`Model::step`].
    pub fn run<F: Footprint<M>>(&mut self, key: F::Key, handler: impl FnOnce(F::At<'_>, &mut Context<'s, M>)) {
        match core::mem::replace(self, Stage::Done) {
            Stage::Describe(out) => {
                F::slots(key, out);
            }
            Stage::Run(values, context) => handler(F::bind(key, values), context),
            Stage::Done => panic!("a step ran two handlers: split it into two steps of the action"),
        }
    }
}

/// Slots that a property reads, its key included. Written by [`view!`](crate::view).
pub trait View<M: Model> {
    /// Which of the slots of that kind.
    type Key: Copy + Send + Sync + 'static;
    /// The borrowed slots.
    type At<'a>;
    /// Their names, at most three.
    fn slots(key: Self::Key, out: &mut Vec<M::Slot>);
    /// The values under these names.
    fn bind<'a>(key: Self::Key, values: &[&'a M::Value]) -> Self::At<'a>;
}

/// Declares a footprint: `pub struct Name(key: Type, ..) { field: read Kind(key), field: write Kind(key, ..), .. }`.
///
/// A slot, its value and the type of its content have the same name. The struct holds the key and the borrowed contents.
#[macro_export]
macro_rules! footprint {
    ($model:ty, $slot:ident, $value:ident; $(
        $(#[$meta:meta])*
        pub struct $name:ident($($key:ident: $key_type:ty),* $(,)?) {
            $($(#[$field_meta:meta])* $field:ident: $access:ident $kind:ident($($arg:expr),*)),* $(,)?
        }
    )*) => { $(
        $(#[$meta])*
        #[allow(missing_docs)]
        pub struct $name<'a> {
            $(pub $key: $key_type,)*
            $($(#[$field_meta])* pub $field: $crate::footprint!(@ref $access 'a $kind),)*
        }

        impl $crate::Footprint<$model> for $name<'_> {
            type Key = ($($key_type,)*);
            type At<'a> = $name<'a>;

            #[allow(unused_variables)]
            fn slots(key: Self::Key, out: &mut $crate::Names<$slot>) {
                let ($($key,)*) = key;
                $(out.push($crate::footprint!(@slot $slot $kind [$($arg),*]));)*
            }

            fn bind<'a>(key: Self::Key, values: &'a mut [$value]) -> $name<'a> {
                let ($($key,)*) = key;
                let mut values = values.iter_mut();
                $(
                    let $field = match values.next() {
                        Some($value::$kind(content)) => content,
                        other => panic!("footprint {}: field {} got {other:?}", stringify!($name), stringify!($field)),
                    };
                )*
                $name { $($key,)* $($field,)* }
            }
        }
    )* };
    (@ref read $life:lifetime $content:ty) => { &$life $content };
    (@ref write $life:lifetime $content:ty) => { &$life mut $content };
    (@slot $slot:ident $kind:ident []) => { $slot::$kind };
    (@slot $slot:ident $kind:ident [$($arg:expr),+]) => { $slot::$kind($($arg),+) };
}

/// Declares a view: as [`footprint!`], all fields are read, at most three of them.
#[macro_export]
macro_rules! view {
    ($model:ty, $slot:ident, $value:ident; $(
        $(#[$meta:meta])*
        pub struct $name:ident($($key:ident: $key_type:ty),* $(,)?) {
            $($(#[$field_meta:meta])* $field:ident: $kind:ident($($arg:expr),*)),* $(,)?
        }
    )*) => { $(
        $(#[$meta])*
        #[allow(missing_docs)]
        pub struct $name<'a> {
            $(pub $key: $key_type,)*
            $($(#[$field_meta])* pub $field: &'a $kind,)*
        }

        impl $crate::View<$model> for $name<'_> {
            type Key = ($($key_type,)*);
            type At<'a> = $name<'a>;

            #[allow(unused_variables)]
            fn slots(key: Self::Key, out: &mut $crate::Names<$slot>) {
                let ($($key,)*) = key;
                $(out.push($crate::footprint!(@slot $slot $kind [$($arg),*]));)*
            }

            fn bind<'a>(key: Self::Key, values: &[&'a $value]) -> $name<'a> {
                let ($($key,)*) = key;
                let mut values = values.iter();
                $(
                    let $field = match values.next() {
                        Some($value::$kind(content)) => content,
                        other => panic!("view {}: field {} got {other:?}", stringify!($name), stringify!($field)),
                    };
                )*
                $name { $($key,)* $($field,)* }
            }
        }
    )* };
}
