//! Rows that belong to others: joined, grouped, handed out.

use std::collections::HashMap;
use std::hash::Hash;

use sea_orm::{EntityTrait, RelationDef};

use crate::domain::error::{Error, Result};
use crate::domain::rel::Rel;

/// Rows by the lead they hang on.
pub(super) type ByLead<T> = HashMap<i64, Vec<T>>;

pub(super) async fn when<T>(wanted: bool, load: impl Future<Output = Result<T>>) -> Result<Rel<T>> {
    if wanted {
        load.await.map(Rel::Loaded)
    } else {
        Ok(Rel::NotLoaded)
    }
}

pub(super) async fn when_some<P, T, F: Future<Output = Result<T>>>(
    parts: Option<P>,
    load: impl FnOnce(P) -> F,
) -> Result<Rel<T>> {
    match parts {
        Some(parts) => load(parts).await.map(Rel::Loaded),
        None => Ok(Rel::NotLoaded),
    }
}

pub(super) fn take<T>(loaded: &mut Rel<ByLead<T>>, lead_id: i64) -> Rel<Vec<T>> {
    match loaded {
        Rel::NotLoaded => Rel::NotLoaded,
        Rel::Loaded(rows) => Rel::Loaded(rows.remove(&lead_id).unwrap_or_default()),
    }
}

pub(in crate::domain::leads) fn group<K: Eq + Hash, T>(rows: impl IntoIterator<Item = (K, T)>) -> HashMap<K, Vec<T>> {
    let mut groups: HashMap<K, Vec<T>> = HashMap::new();
    for (key, row) in rows {
        groups.entry(key).or_default().push(row);
    }
    groups
}

/// The joined row, which a foreign key guarantees.
pub(in crate::domain::leads) fn joined<A, B>((row, other): (A, Option<B>)) -> Result<(A, B)> {
    other
        .map(|other| (row, other))
        .ok_or_else(|| Error::broken("a foreign key points at nothing"))
}

pub(in crate::domain::leads) fn join<A, B>(from: (A::Column, A::Column), to: (B::Column, B::Column)) -> RelationDef
where
    A: EntityTrait,
    B: EntityTrait + Default,
{
    A::belongs_to(B::default()).from(from).to(to).into()
}
