// Package status holds the status of an agent: the answer to the question "status", and the
// observation of each connection. None of it is a fact: it is never stored and never synced.
package status
