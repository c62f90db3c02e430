# One image for every process of Waybill; the command says which: node dist/apps/<app>/src/main.js
FROM node:24-bookworm-slim AS build
WORKDIR /app
# Nothing here needs its install script, so none is run.
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund && rm -rf node_modules/.cache

FROM node:24-bookworm-slim
ENV NODE_ENV=production NODE_OPTIONS=--disable-warning=TimeoutNegativeWarning
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/prisma prisma
COPY --from=build /app/data data
COPY --from=build /app/deploy/prometheus deploy/prometheus
COPY --from=build /app/docs docs
# What the broker and the simulators keep, and the keys; volumes mounted here start with this owner.
RUN mkdir -p /data /keys/private /keys/public /keys/service /keys/scrape /keys/carrier && chown -R node:node /data /keys
USER node
EXPOSE 8080
CMD ["node", "dist/apps/console/src/main.js"]
