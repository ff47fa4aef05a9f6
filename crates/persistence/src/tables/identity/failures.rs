//! Failed logins in the store.

use std::collections::HashMap;
use std::sync::Arc;

use actiond_core::identity::{AccountKey, LockoutPolicy, LoginFailures};
use actiond_core::ports::LoginFailureRepository;
use actiond_core::{Result, Timestamp};
use diesel::prelude::*;

use super::backend::{Database, Fault, lock_users};
use super::convert::{from_micros, to_micros};
use crate::schema::login_failures;

pub(crate) struct LoginFailureTable(pub(crate) Arc<Database>);

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = login_failures)]
struct FailureRow {
    account: Vec<u8>,
    recent: String,
    locked_until: Option<i64>,
    over_at: i64,
}

impl FailureRow {
    fn new(account: &AccountKey, failures: &LoginFailures, policy: &LockoutPolicy) -> Self {
        let recent: Vec<_> = failures.recent.iter().map(|at| to_micros(*at).to_string()).collect();
        Self {
            account: account.0.to_vec(),
            recent: recent.join(" "),
            locked_until: failures.locked_until.map(to_micros),
            over_at: to_micros(failures.over_at(policy)),
        }
    }

    fn failures(&self) -> Result<LoginFailures, Fault> {
        let moment = |word: &str| {
            let micros = word.parse().map_err(|_| Fault::corrupt("a moment that is none"))?;
            from_micros(micros)
        };
        Ok(LoginFailures {
            recent: self.recent.split_whitespace().map(moment).collect::<Result<_, _>>()?,
            locked_until: self.locked_until.map(from_micros).transpose()?,
        })
    }
}

impl LoginFailureRepository for LoginFailureTable {
    fn find(&self, accounts: &[AccountKey]) -> Result<HashMap<AccountKey, LoginFailures>> {
        if let [account] = accounts {
            // That of a request, prepared once.
            let row = self.0.read(|connection| {
                let row = login_failures::table.find(account.0.as_slice());
                let row = row.select(FailureRow::as_select()).get_result(connection).optional()?;
                row.map(|row: FailureRow| row.failures()).transpose()
            })?;
            return Ok(row.map(|failures| (*account, failures)).into_iter().collect());
        }
        self.0.read(|connection| {
            let wanted = accounts.iter().map(|account| account.0.to_vec());
            let rows = login_failures::table.filter(login_failures::account.eq_any(wanted));
            let rows: Vec<FailureRow> = rows.select(FailureRow::as_select()).load(connection)?;
            let known = |row: FailureRow| {
                let failures = row.failures()?;
                let account =
                    row.account.try_into().map_err(|_| Fault::corrupt("a digest that is none"))?;
                Ok((AccountKey(account), failures))
            };
            rows.into_iter().map(known).collect()
        })
    }

    fn note(
        &self,
        account: &AccountKey,
        now: Timestamp,
        policy: &LockoutPolicy,
    ) -> Result<LoginFailures> {
        let (account, policy) = (*account, *policy);
        Ok(self.0.change(move |connection| {
            lock_users(connection)?;
            let over = login_failures::table.filter(login_failures::over_at.le(to_micros(now)));
            diesel::delete(over).execute(connection)?;
            let known = || login_failures::table.find(account.0.to_vec());
            let row = known().select(FailureRow::as_select()).get_result(connection).optional()?;
            let before = row.map(|row| row.failures()).transpose()?.unwrap_or_default();
            let failures = before.and_another(now, &policy);
            diesel::delete(known()).execute(connection)?;
            let row = FailureRow::new(&account, &failures, &policy);
            diesel::insert_into(login_failures::table).values(row).execute(connection)?;
            Ok(failures)
        })?)
    }

    fn forget(&self, account: &AccountKey) -> Result<()> {
        let account = account.0.to_vec();
        Ok(self.0.change(move |connection| {
            diesel::delete(login_failures::table.find(account)).execute(connection)?;
            Ok(())
        })?)
    }
}
