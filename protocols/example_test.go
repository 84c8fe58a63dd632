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

// end is a role's end of a wire: a machine.Port.
type end struct {
	*wire
	role choreo.Role
}

func (e end) Send(to choreo.Role, label string, payload []byte) error {
	e.sent = append(e.sent, letter{to, label, payload})
	return nil
}

func (e end) Receive(choreo.Role) (string, []byte, error) {
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
		w := &wire{}
		ada := contactmessage.StartSender(end{w, "Sender"})
		ben := contactmessage.StartReceiver(end{w, "Receiver"})

		waiting, err := ada.SendMessage(contactmessage.Message{Payload: []byte("hi ben")})
		if err != nil {
			return err
		}
		message, received, err := ben.ReceiveMessage()
		if err != nil {
			return err
		}
		fmt.Printf("ben reads %q\n", message.Payload)
		if _, err := received.SendAcknowledged(contactmessage.Acknowledged{}); err != nil {
			return err
		}
		if _, _, err := waiting.ReceiveAcknowledged(); err != nil {
			return err
		}
		fmt.Println("ada knows")

		// A state serves once: a message cannot be sent twice.
		_, err = ada.SendMessage(contactmessage.Message{Payload: []byte("hi ben")})
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
