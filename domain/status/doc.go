// Package status holds what an agent says about itself: the answer to the question "status", and the
// observation of each connection. None of it is a fact: it is never stored and never synced.
package status
