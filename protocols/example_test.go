package protocols_test

import (
	"fmt"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/protocols/contactmessage"
)

// wire is a road between two roles in one process.
type wire struct{ sent []letter }

type letter struct {
	to      choreo.Role
	label   string
	payload []byte
}

// deadline is what bounds the calls of this program; in an agent it is a task.Context.
type deadline struct{}

// end is a role's end of a wire: a machine.Port[deadline].
type end struct {
	*wire
	role choreo.Role
}

func (e end) Send(_ deadline, to choreo.Role, label string, payload []byte) error {
	e.sent = append(e.sent, letter{to, label, payload})
	return nil
}

func (e end) Receive(deadline, choreo.Role) (string, []byte, error) {
	if len(e.sent) == 0 || e.sent[0].to != e.role {
		return "", nil, aura.Errorf("wire.Receive", aura.Unavailable, "nothing has come")
	}
	first := e.sent[0]
	e.sent = e.sent[1:]
	return first.label, first.payload, nil
}

// Both roles of a protocol, each held to its part by the compiler.
func Example() {
	err := func() error {
		w, soon := &wire{}, deadline{}
		ada := contactmessage.StartSender(end{w, "Sender"})
		ben := contactmessage.StartReceiver(end{w, "Receiver"})

		waiting, err := ada.SendMessage(soon, contactmessage.Message{Payload: []byte("hi ben")})
		if err != nil {
			return err
		}
		message, received, err := ben.ReceiveMessage(soon)
		if err != nil {
			return err
		}
		fmt.Printf("ben reads %q\n", message.Payload)
		if _, err := received.SendAcknowledged(soon, contactmessage.Acknowledged{}); err != nil {
			return err
		}
		if _, _, err := waiting.ReceiveAcknowledged(soon); err != nil {
			return err
		}
		fmt.Println("ada knows")

		// A state serves once: a message cannot be sent twice.
		_, err = ada.SendMessage(soon, contactmessage.Message{Payload: []byte("hi ben")})
		fmt.Println(aura.KindOf(err), "-", aura.Reason(err))
		return nil
	}()
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// ben reads "hi ben"
	// ada knows
	// stale - this state was left already
}
