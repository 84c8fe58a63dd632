// Package scene has what the tests of replication and of intents stage alike in a world of auratest: people who meet,
// who are killed at a commit, and the state that each has about the other then.
package scene
