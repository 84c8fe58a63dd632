// Package telemetry passes the events of an agent on to the tools that operators have: [Metrics] counts them
// for Prometheus, [Traces] makes OpenTelemetry spans of them. Both are a [world.Log]; [world.Tee] joins them
// with the log that a person reads. Nothing here talks to a network: metrics are read on a loopback port by
// whoever asks there, spans go to a file.
//
// What they tell is what events tell: never a payload, a key or a peer's address.
package telemetry
