# Builds with all dependencies; keeps only what is needed to run. Node 24 is a current LTS; replyd needs 20.20 or newer.
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
COPY src ./src
# Optional dependencies are left out, too; otherwise the compiler stays, as an optional peer of a dependency.
RUN node scripts/build.mjs && npm prune --omit=dev --omit=optional --ignore-scripts

FROM node:24-slim
# The root file system may be read-only: replyd writes to /data alone. Beyond loopback it starts only with a password
# (REPLYD_WEB_PASSWORD); inside a container "beyond loopback" is what a published port needs.
ENV NODE_ENV=production \
    REPLYD_DATA=/data \
    REPLYD_LISTEN=0.0.0.0:8025
WORKDIR /app
COPY package.json LICENSE README.md CHANGELOG.md replyd.schema.json ./
COPY prompts ./prompts
COPY assets ./assets
COPY packaging ./packaging
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
RUN install -d -o node -g node -m 700 /data
USER node
VOLUME /data
EXPOSE 8025
# Follows REPLYD_LISTEN. Turn it off for a process without the role `web`.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.REPLYD_LISTEN.split(':').pop()}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# A bound on the space for young objects keeps the process small.
ENTRYPOINT ["node", "--max-semi-space-size=8", "/app/dist/cli.js"]
CMD ["start"]
