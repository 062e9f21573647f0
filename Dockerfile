# An image for each app:   docker build --build-arg APP=orders --build-arg MANAGEMENT_PORT=9102 -t countersign/orders .
# They differ in their last layer alone, so that four images cost little more than one.

FROM node:24-bookworm-slim AS manifests
WORKDIR /app
COPY package.json package-lock.json ./
COPY libs/auth/package.json libs/auth/
COPY libs/contracts/package.json libs/contracts/
COPY libs/platform/package.json libs/platform/

FROM manifests AS production-dependencies
# Without scripts: nothing that a dependency brings runs here. What is native (argon2) comes prebuilt.
RUN npm ci --omit=dev --ignore-scripts \
 # @nestjs/swagger names the compiler as an optional peer, for a build-time plugin that is not used.
 && rm -rf node_modules/typescript node_modules/.bin/tsc node_modules/.bin/tsserver \
 && find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete

FROM manifests AS build
# The npm package `node` would fetch a runtime in its install script; this image has its own.
RUN npm ci --ignore-scripts
COPY nest-cli.json tsconfig.json ./
COPY libs libs
COPY apps apps
COPY tools/init-secrets.ts tools/
RUN npm run build:libs && npm run build:apps \
 && find libs dist -name '*.d.ts' -delete \
 && mkdir /runtime && cp -r --parents package.json libs/*/package.json libs/*/dist dist tools /runtime \
 # A checkout made under a strict umask must not give files that the image's user cannot read.
 && chmod -R a+rX /runtime

FROM node:24-bookworm-slim AS runtime
ENV NODE_ENV=production HOST=0.0.0.0 MANAGEMENT_HOST=0.0.0.0
WORKDIR /app
COPY --from=production-dependencies /app/node_modules node_modules
COPY --from=build /runtime/package.json ./
COPY --from=build /runtime/libs libs

# One-shot: certificates, keys and passwords of a new installation (docker-compose.yml).
FROM runtime AS init
COPY --from=build /runtime/tools tools
# A new volume takes the owner of the folder that it is mounted on.
RUN for name in authority auth gateway orders payments postgres redis; do mkdir -p "/secrets/$name"; done \
 && chown -R node:node /secrets
USER node
CMD ["node", "tools/init-secrets.ts"]

FROM runtime AS app
ARG APP
ARG MANAGEMENT_PORT
ENV MANAGEMENT_PORT=${MANAGEMENT_PORT}
COPY --from=build /runtime/dist/apps/${APP} app
# A new volume takes the owner of the folder that it is mounted on.
RUN mkdir /data && chown node:node /data
USER node
# By node itself: the image has neither curl nor wget. Ready, not just alive, since start order waits for it.
HEALTHCHECK --interval=3s --timeout=3s --start-period=30s --retries=3 CMD ["node", "-e", "require('node:http').get({ host: '127.0.0.1', port: process.env.MANAGEMENT_PORT, path: '/readyz' }, (response) => process.exit(response.statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))"]
# No shell in between: node is the process that gets SIGTERM.
CMD ["node", "--enable-source-maps", "app/main.js"]
