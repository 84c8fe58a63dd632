package port

import "github.com/aura-runtime/aura/choreo"

// Port sends and receives the messages of one role in one session, each call within its caller's context.
type Port[C any] interface {
	Send(ctx C, to choreo.Role, label string, payload []byte) error
	Receive(ctx C, from choreo.Role) (label string, payload []byte, err error)
}
