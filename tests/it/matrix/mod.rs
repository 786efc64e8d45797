//! The matrix: every field and every mutation of the schema, every route of the shims, for everybody who may come.
//!
//! `rules` is the table. The paths come from introspection (`schema`, `paths`), the people from `callers`; what is in
//! no rule fails. `reads` asks what can be read, `writes` what can be changed and what payloads show, `bound` what a
//! key of one project sees of others, `routes` the REST routes.

mod bound;
mod callers;
mod paths;
mod reads;
mod requests;
mod routes;
mod rules;
mod schema;
pub mod world;
mod writes;

use crate::harness::{Case, both, once};

pub fn cases() -> Vec<Case> {
    vec![
        both(reads::every_field_is_readable_as_the_rules_say),
        both(writes::every_mutation_and_its_payload_is_open_as_the_rules_say),
        both(bound::no_path_leads_to_leads_of_other_projects),
        both(bound::no_edit_reaches_leads_of_other_projects),
        both(routes::every_route_is_open_as_the_rules_say),
        once(reads::every_type_is_in_the_rules),
    ]
}
