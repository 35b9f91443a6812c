# Two images: docker build --target chatserver . and docker build --target operator .
# hack/image makes the same images without Docker; its test compares the two.
FROM golang:1.26.8-bookworm AS source
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS
ARG TARGETARCH

FROM source AS build-chatserver
RUN CGO_ENABLED=0 GOOS=${TARGETOS} GOARCH=${TARGETARCH} \
    go build -trimpath -buildvcs=false -ldflags="-s -w" -o /out/chatserver ./cmd/chatserver

FROM source AS build-operator
RUN CGO_ENABLED=0 GOOS=${TARGETOS} GOARCH=${TARGETARCH} \
    go build -trimpath -buildvcs=false -ldflags="-s -w" -o /out/operator ./cmd/operator

FROM gcr.io/distroless/static-debian12:nonroot AS chatserver
COPY --from=build-chatserver /out/chatserver /chatserver
USER 65532:65532
ENTRYPOINT ["/chatserver"]

FROM gcr.io/distroless/static-debian12:nonroot AS operator
COPY --from=build-operator /out/operator /operator
USER 65532:65532
ENTRYPOINT ["/operator"]
