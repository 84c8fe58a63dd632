package session

import "github.com/aura-runtime/aura/machine"

// player is a session on the machine. The engine's task calls it.
type player interface {
	choose(machine.Offer) (int, machine.Answer)
	// say returns what a message carries that the role may send.
	say(machine.Message) (machine.Value, machine.Answer)
	hear(machine.Message, machine.Value) machine.Answer
	// release takes the messages that leave from the machine.
	release()
	// settle takes how the session ended.
	settle(machine.Summary)
}

// bridge answers the machine from the queues of the session that it asks about.
type bridge struct{ engine *Engine }

// Choose implements [machine.Host].
func (b bridge) Choose(o machine.Offer) (int, machine.Answer) {
	if p := b.engine.byID[o.Session]; p != nil {
		return p.choose(o)
	}
	return 0, machine.AnswerDefer // it is being opened
}

// Payload implements [machine.Host].
func (b bridge) Payload(m machine.Message) (machine.Value, machine.Answer) {
	if p := b.engine.byID[m.Session]; p != nil {
		return p.say(m)
	}
	return machine.Value{}, machine.AnswerDefer
}

// Receive implements [machine.Host].
func (b bridge) Receive(m machine.Message, v machine.Value) machine.Answer {
	if p := b.engine.byID[m.Session]; p != nil {
		return p.hear(m, v)
	}
	return machine.AnswerDefer
}
