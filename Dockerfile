FROM node:24-trixie-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No package gets to run code of its own here. The native module brings its binaries.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src/ src/
COPY config/ config/
COPY assets/ assets/
RUN npm run build
RUN npm prune --omit=dev --ignore-scripts
RUN mkdir data

# Node and nothing else: no shell, no package manager. It runs as user 65532.
FROM gcr.io/distroless/nodejs24-debian13:nonroot
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules/ node_modules/
COPY --from=build /app/config/ config/
COPY --from=build /app/assets/ assets/
COPY --from=build /app/dist/ dist/
COPY --from=build --chown=65532:65532 /app/data/ /data/
ENV NODE_ENV=production
ENV TARDIS_DATA=/data
VOLUME /data
EXPOSE 8080 8081
USER 65532:65532
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 CMD ["/nodejs/bin/node", "dist/main.js", "healthcheck"]
ENTRYPOINT ["/nodejs/bin/node", "dist/main.js"]
CMD ["start"]
