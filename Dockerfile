# The program and what it reads, without a compiler:
#
#   docker build -t batlinet .
#   docker run --rm -v "$PWD/results/runs:/work/results/runs" batlinet run experiments/matr-1.yaml --profile quick --out results/runs/x
#
# A card is used by the driver of the host (`docker run --gpus all`): BatLiNet, the CNN and both transfers need nothing but that.
FROM rust:1.90-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends python3-pip python3-venv xz-utils && rm -rf /var/lib/apt/lists/*
COPY . /source
WORKDIR /source
RUN scripts/release.sh && mv target/release-bundle/batlinet-*/ /batlinet

FROM debian:bookworm-slim
COPY --from=build /batlinet /work
ENV PATH=/work/bin:$PATH
WORKDIR /work
ENTRYPOINT ["batlinet"]
