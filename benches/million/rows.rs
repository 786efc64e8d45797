//! Many rows at once into one table: bound values, as the server binds them, in statements of a few hundred rows.

use sea_orm::{ConnectionTrait, DatabaseBackend, DatabaseTransaction, DbErr, Statement, Value};

/// What SQLite takes in one statement.
const MOST_VALUES: usize = 32_000;

/// Rows of one table that wait to be written.
pub struct Table {
    name: &'static str,
    columns: &'static [&'static str],
    values: Vec<Value>,
}

impl Table {
    pub fn new(name: &'static str, columns: &'static [&'static str]) -> Self {
        Self {
            name,
            columns,
            values: Vec::new(),
        }
    }

    pub fn push<const N: usize>(&mut self, row: [Value; N]) {
        assert_eq!(N, self.columns.len(), "{}", self.name);
        self.values.extend(row);
    }

    pub async fn flush(&mut self, tx: &DatabaseTransaction) -> Result<(), DbErr> {
        let width = self.columns.len();
        let most = MOST_VALUES / width * width;
        let mut values = std::mem::take(&mut self.values);
        while !values.is_empty() {
            let rest = values.split_off(values.len().min(most));
            tx.execute_raw(self.statement(tx, values)).await?;
            values = rest;
        }
        Ok(())
    }

    fn statement(&self, tx: &DatabaseTransaction, values: Vec<Value>) -> Statement {
        let width = self.columns.len();
        let mut sql = format!("INSERT INTO {} ({}) VALUES ", self.name, self.columns.join(", "));
        for row in 0..values.len() / width {
            let places: Vec<String> = (1..=width).map(|place| Self::place(tx, row * width + place)).collect();
            let comma = if row == 0 { "" } else { ", " };
            sql.push_str(&format!("{comma}({})", places.join(", ")));
        }
        Statement::from_sql_and_values(tx.get_database_backend(), sql, values)
    }
    /// SQLite would look each numbered place up among all others.
    fn place(tx: &DatabaseTransaction, number: usize) -> String {
        match tx.get_database_backend() {
            DatabaseBackend::Postgres => format!("${number}"),
            _ => "?".to_owned(),
        }
    }
}
