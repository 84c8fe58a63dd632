package replica

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// MessagePayments keeps the payments of one device of a peer for its messages of sessions in a context: its chain of receipts, and the
// spending of all devices of the peer. It has a fixed size, whatever the peer sends. All fields are required but Listed.
type MessagePayments struct {
	Journal  *journal.Journal
	Policy   func(task.Context, aura.ContextID) (guard.Policy, error)
	Context  aura.ContextID
	From, To aura.AuthorityID
	Signing  [32]byte     // the device's key, Ed25519
	Listed   func() error // returns aura.Denied when the peer's account removed the device. Nil: it does not
}

// Take verifies that a message of a session is paid for, with least units or more, and makes an entry durable together with the
// payment. It returns aura.Denied with a [guard.UnpaidError] as its cause when it is not; nothing has changed then. Other errors are those of
// [journal.Journal.Append].
func (p *MessagePayments) Take(tc task.Context, m *effect.Message, least aura.FlowCost, entry *journal.Entry) error {
	for {
		err := p.take(tc, m, least, *entry)
		if aura.KindOf(err) != aura.Stale || tc.Err() != nil {
			return err
		}
		// Another device of the peer paid at the same moment: what this message may spend is counted anew.
	}
}

// take makes one attempt. It returns aura.Stale when another device of the peer spent something in the meantime.
func (p *MessagePayments) take(tc task.Context, m *effect.Message, least aura.FlowCost, entry journal.Entry) error {
	paid, err := p.read(p.Journal.Meta)
	if err != nil {
		return err
	}
	policy, err := p.Policy(tc, p.Context)
	if err != nil {
		return err
	}
	before := paid
	if err := paid.chain.AcceptMessage(m, least, p.Signing[:], &paid.spending, policy, tc.Now()); err != nil {
		return err
	}
	meta, err := paid.meta(p.keys())
	if err != nil {
		return err
	}
	entry.Meta = append(entry.Meta[:len(entry.Meta):len(entry.Meta)], meta...)
	_, spending := p.keys()
	entry.Expect = func(v journal.View) error {
		if p.Listed != nil {
			if err := p.Listed(); err != nil {
				return err
			}
		}
		return expectSpending(v, spending, &before.spending)
	}
	_, err = p.Journal.Append(tc, &entry)
	return err
}

func (p *MessagePayments) keys() (chain, spending string) {
	const kind = effect.ReceiptKindParcel
	return ChainKey(p.Context, p.From, aura.DeviceOf(p.Signing[:]), kind), SpendingKey(p.Context, p.From, kind)
}

// read returns the payments as the metadata has them.
func (p *MessagePayments) read(meta func(key string) ([]byte, error)) (paid payments, err error) {
	paid.chain = guard.ReceiptChain{Kind: effect.ReceiptKindParcel, Context: p.Context, From: p.From, To: p.To, Device: aura.DeviceOf(p.Signing[:])}
	chain, spending := p.keys()
	if _, err = read(meta, chain, &paid.chain); err == nil {
		_, err = read(meta, spending, &paid.spending)
	}
	return paid, err
}

// messagePayments returns the payments of the peer of a session for its messages.
func (s *session) messagePayments() *MessagePayments {
	env := s.env()
	return &MessagePayments{
		Journal: env.Journal, Policy: env.Frontier.Policy, Context: s.peer.Context, From: s.peer.Authority, To: env.Ring.Authority(),
		Signing: s.peer.Device.Signing, Listed: func() error {
			if env.Directory.Unlisted(&s.peer) {
				return aura.Errorf("replica.Take", aura.Denied, "a message of a device that its account removed")
			}
			return nil
		},
	}
}

// Take implements [Frames].
func (c carrier) Take(tc task.Context, m *effect.Message, least aura.FlowCost, entry *journal.Entry) error {
	return c.session.messagePayments().Take(tc, m, least, entry)
}
