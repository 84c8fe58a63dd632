package service

import (
	"errors"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/domain/enrol"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/protocols/enrolment"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// device is the program of a device that joins an account. After a restart it runs again from its beginning, and what it takes
// into the journal a second time changes nothing.
func (j *Joiner) device(tc task.Context, p *session.Port) error {
	offer, asked, err := enrolment.StartDevice[task.Context](p).ReceiveOffer(tc)
	if err != nil {
		return err
	}
	var of enrol.Offer
	if err := fact.Unmarshal(offer.Payload, &of); err != nil {
		return err
	}
	if j.Offered != nil {
		j.Offered(of)
	}
	keys := j.keys()
	b, err := fact.Marshal(keys)
	if err != nil {
		return err
	}
	var shown enrolment.DeviceS3[task.Context]
	err = j.insist(tc, func(tc task.Context) (err error) {
		shown, err = asked.SendKeys(tc, enrolment.Keys{Payload: b})
		return err
	})
	if err != nil {
		return err
	}
	heard, err := shown.Receive(tc)
	if err != nil {
		return err
	}
	compare, bound := heard.(enrolment.DeviceS3Compare[task.Context])
	if !bound {
		return j.isRefused(heard.(enrolment.DeviceS3Refused[task.Context]).Message)
	}
	var salt enrol.Compare
	if err := fact.Unmarshal(compare.Message.Payload, &salt); err != nil {
		return err
	}
	j.become(stageClaimed, nil)
	if j.Compare != nil {
		j.Compare(enrol.ShowDigits(keys.Digits(j.Code.ID(), salt.Salt)))
	}
	decided, err := compare.Next.Receive(tc)
	if err != nil {
		return err
	}
	listed, is := decided.(enrolment.DeviceS4Listed[task.Context])
	if !is {
		return j.isRefused(decided.(enrolment.DeviceS4Refused[task.Context]).Message)
	}
	err = j.takeListing(tc, listed.Message.Payload)
	if err == nil {
		err = j.takeAll(tc, p, &listed.Next)
	}
	if kind := aura.KindOf(err); kind == aura.Denied || kind == aura.Corrupt || kind == aura.Invalid {
		return j.reject(tc, listed.Next, err)
	}
	return err
}

// keys returns what this device shows.
func (j *Joiner) keys() enrol.Keys {
	d := j.Ring.Listed()
	k := enrol.Keys{
		Signing: d.Signing, Agreement: d.Agreement, Link: d.Link, Countersignature: d.Countersignature, Name: j.Name, Addresses: j.Addresses(),
	}
	k.Proof = j.Ring.Sign(k.ProofBytes(j.Code.ID()))
	return k
}

// isRefused ends the enrolment with the sponsor's reason.
func (j *Joiner) isRefused(m enrolment.Refused) error {
	var no enrol.Refusal
	_ = fact.Unmarshal(m.Payload, &no) // without a reason it is a refusal all the same
	j.become(stageRefused, notJoined(aura.Denied, "the other device did not take this one: "+no.Text()))
	return nil
}

// reject tells the sponsor why this device does not take what it got, and ends the enrolment.
func (j *Joiner) reject(tc task.Context, to enrolment.DeviceS5[task.Context], why error) error {
	b, err := fact.Marshal(enrol.NewRefusal(aura.Reason(why)))
	if err != nil {
		return err
	}
	err = j.insist(tc, func(tc task.Context) error {
		_, err := to.SendRejected(tc, enrolment.Rejected{Payload: b})
		return err
	})
	j.become(stageRefused, notJoined(aura.Denied, aura.Reason(why)+": remove this device on the other one, and begin anew"))
	return err
}

// takeListing checks that the account lists this very device, and keeps by what it and its sponsor meet.
func (j *Joiner) takeListing(tc task.Context, payload []byte) error {
	var l enrol.Listing
	if err := fact.Unmarshal(payload, &l); err != nil {
		return err
	}
	own := j.Ring.Listed()
	if _, _, err := l.Check(&own, j.Code.Root); err != nil {
		return err
	}
	where, err := fact.Marshal(l.Addresses)
	if err != nil {
		return err
	}
	return j.keep(tc, journal.Entry{Meta: []journal.KV{
		{Key: certificateKey, Value: l.Certificate}, {Key: ownSecretKey(j.Ring.Authority()), Value: l.Secret[:]},
		{Key: device.AddressesKey(aura.DeviceOf(l.Device[:])), Value: where},
	}})
}

// keep makes an entry durable, as soon as the disk takes it. It returns aura.Invalid for facts that find no place in the journal.
func (j *Joiner) keep(tc task.Context, e journal.Entry) error {
	return j.insist(tc, func(tc task.Context) error {
		again := e
		_, err := j.Journal.Append(tc, &again)
		_, gap := errors.AsType[*journal.GapError](err)
		_, crowded := errors.AsType[*journal.BranchError](err)
		if gap || crowded { // the disk is in order, and no time mends it
			return &aura.Error{Op: "service.Joiner", Kind: aura.Invalid, Err: err}
		}
		return err
	})
}

// taking is what a new device has of what its account knows.
type taking struct {
	chain *roster.Chain
	keys  map[aura.DeviceID][32]byte // with which the account's devices sign, those that were removed too
	part  []byte                     // of a fact that comes in parts
	last  bool
}

// maxPart is more than the bytes of any fact.
const maxPart = 1 << 20

// takeAll takes what the account knows, piece by piece, and says that the device has joined.
func (j *Joiner) takeAll(tc task.Context, p *session.Port, at *enrolment.DeviceS5[task.Context]) error {
	t := taking{chain: roster.New(j.Ring.Authority()), keys: map[aura.DeviceID][32]byte{}}
	var from enrol.Cursor
	for !t.last {
		b, err := fact.Marshal(from)
		if err != nil {
			return err
		}
		var asked enrolment.DeviceS6[task.Context]
		err = j.insist(tc, func(tc task.Context) (err error) {
			asked, err = at.SendNext(tc, enrolment.Next{Payload: b})
			return err
		})
		if err != nil {
			return err
		}
		m, next, err := asked.ReceivePiece(tc)
		if err != nil {
			return err
		}
		*at = next
		if from, err = j.take(tc, &t, from, m.Payload); err != nil {
			return err
		}
	}
	own := j.Ring.Listed()
	if err := enrol.Lists(t.chain.State(tc.Now().At).Devices, &own); err != nil {
		return err
	}
	var said enrolment.DeviceS7[task.Context]
	err := j.insist(tc, func(tc task.Context) (err error) {
		p.With(func(tc task.Context) (guard.Request, error) {
			return enrol.Join(domain.Caller{Authority: j.Ring.Authority(), Device: j.Ring.Device(), Now: tc.Now()}, j.Code.ID())
		})
		said, err = at.SendJoined(tc, enrolment.Joined{})
		return err
	})
	if err != nil {
		return err
	}
	j.become(stageJoined, nil)
	_, _, err = said.ReceiveCompleted(tc)
	return err
}

// take takes one piece into the journal, and returns the cursor behind it. Entries are verified by the chain that they build, and facts by
// the keys that the entries list: the sponsor's word alone is not enough.
func (j *Joiner) take(tc task.Context, t *taking, from enrol.Cursor, payload []byte) (enrol.Cursor, error) {
	const op = "service.Joiner"
	var piece enrol.Piece
	if err := fact.Unmarshal(payload, &piece); err != nil {
		return from, err
	}
	if piece.Next == from && !piece.Last {
		return from, aura.Errorf(op, aura.Corrupt, "a piece leads nowhere")
	}
	for _, b := range piece.Entries {
		e, err := roster.Decode(b)
		if err == nil {
			err = t.chain.Add(e, 0)
		}
		if err != nil {
			return from, err
		}
	}
	for _, e := range t.chain.Entries()[:t.chain.Len()] { // the others are not verified
		for i := range e.Entry.Devices {
			d := &e.Entry.Devices[i]
			t.keys[d.ID()] = d.Signing
		}
	}
	if len(t.part)+len(piece.Part) > maxPart {
		return from, aura.Errorf(op, aura.Corrupt, "a fact in parts is larger than any fact")
	}
	if t.part = append(t.part, piece.Part...); piece.Last && len(piece.Part) > 0 {
		piece.Facts, t.part = append(piece.Facts, t.part), nil
	}
	t.last = piece.Last && len(piece.Part) == 0
	entry := journal.Entry{}
	for _, b := range piece.Facts {
		r, err := fact.DecodeRecord(b)
		if err != nil {
			return from, err
		}
		key, listed := t.keys[r.Fact.Device]
		if !listed || r.Fact.Namespace != fact.OwnNamespace(j.Ring.Authority()) || r.Fact.Author != j.Ring.Authority() {
			return from, aura.Errorf(op, aura.Denied, "a fact is of no device that the account lists")
		}
		if err := r.Verify(key[:]); err != nil {
			return from, err
		}
		entry.Foreign = append(entry.Foreign, r)
	}
	for _, s := range piece.Secrets {
		entry.Meta = append(entry.Meta, journal.KV{Key: domain.SecretKey(s.Context), Value: s.Secret[:]})
	}
	if len(entry.Foreign)+len(entry.Meta) > 0 {
		if err := j.keep(tc, entry); err != nil {
			return from, err
		}
	}
	return piece.Next, nil
}

// insist tries again while the guard or the disk is in the way.
func (j *Joiner) insist(tc task.Context, do func(task.Context) error) error {
	return insist(tc, j.Entropy, func(err error) bool {
		tc.Emit(world.ServiceTroubled("enrol", "a step of an enrolment tried again", "", err))
		return true
	}, do)
}
