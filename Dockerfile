# One image for every process of Waybill; the command says which: node dist/apps/<app>/src/main.js
FROM node:24-bookworm-slim AS build
WORKDIR /app
# Nothing here needs its install script, so none is run.
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund
# All that runs, and nothing else: no shell and no package manager; no peers that others can do without (npm keeps Prisma's
# command line as one), no types, sources and maps of packages, of Prisma's compilers the one for PostgreSQL, and binaries
# without the names of their inner functions.
RUN command -v strip > /dev/null || { apt-get update -q && apt-get install -qy --no-install-recommends binutils; }
RUN node -e "for (const [path, { dev, devOptional }] of Object.entries(require('./package-lock.json').packages)) \
    if (dev || devOptional) fs.rmSync(path, { recursive: true, force: true })" \
  && rm -rf node_modules/.cache node_modules/typescript node_modules/@typescript dist/test dist/bench \
  && find node_modules -type f \( -name '*.map' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -name '*.md' \) -delete \
  && find node_modules/@prisma/client/runtime -name 'query_compiler_*' ! -name 'query_compiler_fast_bg.postgresql.*mjs' -delete \
  && mkdir -p /image/app /image/data /image/keys /image/traces /image/tmp /image/etc /image/usr/bin \
  && mv package.json node_modules dist prisma data docs /image/app/ && mkdir /image/app/deploy && mv deploy/prometheus deploy/broker /image/app/deploy/ \
  && cp -L "$(command -v node)" /image/usr/bin/node \
  && find /image -type f \( -name node -o -name '*.node' -o -name '*.so' \) -exec strip --strip-unneeded {} + \
  && grep -E '^(root|node):' /etc/passwd > /image/etc/passwd && grep -E '^(root|node):' /etc/group > /image/etc/group \
  && for binary in /image/usr/bin/node $(find /image/app/node_modules -name '*.node'); do ldd "$binary" || true; done \
  | grep -oE '/[^ )]+' | sort -u | grep -v '^/image' | xargs cp -L --parents -t /image \
  # What the broker and the simulators keep, the keys, and spans on their way; volumes mounted here start with this owner.
  && for keys in private public service scrape carrier master ca tls/broker tls/kafka-1 tls/kafka-2 tls/kafka-3 tls/postgres; \
    do mkdir -p /image/keys/$keys; done \
  && for user in broker admin order payment inventory fulfillment notification query analytics console simulators; \
    do mkdir -p /image/keys/kafka/$user; done \
  && chown -R 1000:1000 /image/data /image/keys /image/traces && chmod 1777 /image/tmp

FROM scratch
ENV NODE_ENV=production NODE_OPTIONS=--disable-warning=TimeoutNegativeWarning
WORKDIR /app
COPY --from=build /image /
USER 1000:1000
EXPOSE 8080
CMD ["node", "dist/apps/console/src/main.js"]
