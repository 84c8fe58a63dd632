package port

import "github.com/aura-runtime/aura/choreo"

// Port sends and receives the messages of one role in one session.
type Port interface {
	Send(to choreo.Role, label string, payload []byte) error
	Receive(from choreo.Role) (label string, payload []byte, err error)
}
