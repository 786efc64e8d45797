# syntax=docker/dockerfile:1

FROM node:22-bookworm-slim AS node

FROM rust:1.94-bookworm AS build
# Node and npm, for the bundle of GraphiQL.
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules /usr/local/lib/node_modules
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
ENV npm_config_cache=/npm
WORKDIR /src
COPY . .
# `on`: an image without GraphiQL is a failed build, not a surprise.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/npm \
    --mount=type=cache,target=/src/target \
    LEADGRAPH_BUILD_GRAPHIQL=on cargo build --release --locked --bin leadgraph \
    && cp target/release/leadgraph /leadgraph \
    && mkdir /data

# No shell and no package manager; runs as user 65532.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /leadgraph /usr/local/bin/leadgraph
COPY --from=build --chown=65532:65532 /data /data
ENV LEADGRAPH_LISTEN=0.0.0.0:8080 \
    DATABASE_URL=/data/leadgraph.db
WORKDIR /data
VOLUME /data
EXPOSE 8080
# It knows where the server listens from LEADGRAPH_LISTEN, so set that and not --listen.
HEALTHCHECK --interval=15s --timeout=5s --start-period=10s --retries=3 \
    CMD ["/usr/local/bin/leadgraph", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/leadgraph"]
CMD ["serve"]
