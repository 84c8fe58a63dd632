// Package transporttest is the contract of [transport.Network]: the cases that every implementation
// passes. A test hands [Run] a way to start two networks that can reach each other.
package transporttest
