package machine

import "github.com/aura-runtime/aura/choreo"

// PayloadCheck is the check of a payload before it is sent and after it came.
type PayloadCheck uint8

// The payload checks.
const (
	// PayloadOff asks for nothing but the bound on its size.
	PayloadOff PayloadCheck = 1
	// PayloadStructural asks for the sort of its message, where the protocol gives one. A message of sort unit may
	// carry anything: its content is the application's.
	PayloadStructural PayloadCheck = 2
	// PayloadStrictSchema also asks that a message with an application type carries bytes, and that a message
	// with neither carries nothing.
	PayloadStrictSchema PayloadCheck = 3
)

// acceptable reports whether a value may be the payload of a message.
func (m *Machine) acceptable(l *choreo.Label, v Value) bool {
	if v.Size() > m.options.MaxPayload {
		return false
	}
	switch {
	case m.options.Payload == PayloadOff:
		return true
	case l.Sort.Kind != choreo.SortUnit:
		return v.Is(l.Sort)
	case m.options.Payload != PayloadStrictSchema:
		return true
	case l.Payload != "":
		return v.kind == choreo.SortString
	}
	return v.kind == choreo.SortUnit
}
