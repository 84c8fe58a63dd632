// Package telemetry passes the events of an agent on to the tools that operators have: [Metrics] counts them
// for Prometheus, [Traces] makes OpenTelemetry spans of them. Both are a [world.Log]; [world.Tee] joins them
// with the log that a person reads. Nothing here talks to a network: metrics are served on a
// loopback port, spans go to a file.
//
// Like events, they hold no payload, key or peer's address.
package telemetry
