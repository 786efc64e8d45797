//! [`Rel`] as a GraphQL value: its content, or a fault when a selected relation was not loaded.

use std::borrow::Cow;

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{ContextSelectionSet, OutputType, Positioned, ServerResult, Value};

use super::error::internal;
use crate::domain::rel::Rel;
use crate::request_id::RequestId;

impl<T: OutputType> OutputType for Rel<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn qualified_type_name() -> String {
        T::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        match self {
            Self::Loaded(value) => value.resolve(ctx, field).await,
            Self::NotLoaded => {
                let request_id = ctx.data_opt::<RequestId>().map_or("unknown", RequestId::as_str);
                let name = field.node.name.node.as_str();
                tracing::error!(
                    request.id = request_id,
                    field = name,
                    "a selected relation was not loaded"
                );
                Err(internal(request_id).into_server_error(field.pos))
            }
        }
    }
}
