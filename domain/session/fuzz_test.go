package session_test

import (
	"bytes"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/fact"
)

// FuzzMoves reads witnesses from any bytes: those that hold lead from device to device by signatures of listed ones, say nothing new to who
// knows them, and are no offer.
func FuzzMoves(f *testing.F) {
	of := session.Played{Session: aura.SessionID{1}, Authority: aura.AuthorityID{2}, Role: "Host"}
	good, keys, sign := chain(of, 1, 2, 3, 1)
	key := func(d aura.DeviceID) ([32]byte, bool) { k, listed := keys[d]; return k, listed }
	offered := append([]session.Move(nil), good...)
	last := &offered[len(offered)-1]
	last.Confirmed = []session.Confirmed{{Edge: 1, Count: 2}}
	last.Signature = sign(last.From, last.OfferBytes(of))
	for n := range good {
		b, err := fact.Marshal(good[:n+1])
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, uint8(n))
	}
	b, err := fact.Marshal(offered)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b, uint8(0))
	f.Fuzz(func(t *testing.T, b []byte, known uint8) {
		var moves []session.Move
		if fact.Unmarshal(b, &moves) != nil {
			return
		}
		before := good[:min(int(known), len(good))]
		err, offer := session.CheckMoves(of, nil, moves, key), session.CheckOffer(of, moves, key)
		for what, err := range map[string]error{"witnesses": err, "an offer": offer} {
			if err != nil && aura.KindOf(err) != aura.Denied {
				t.Errorf("%s: %v", what, err)
			}
		}
		if len(moves) > 0 && err == nil && offer == nil {
			t.Error("witnesses are an offer, too")
		}
		if err == nil {
			if again := session.CheckMoves(of, before, moves, key); again != nil {
				t.Errorf("witnesses that hold do not for who knows some: %v", again)
			}
			for i := range moves { // the fuzzer has no key
				if moves[i].Signature != good[i].Signature {
					t.Error("a witness is forged")
				}
			}
		}
		news, err := session.News(of, moves, moves, aura.DeviceID{})
		if news || err != nil {
			t.Errorf("the same witnesses are news: %t, %v", news, err)
		}
		switch news, err := session.News(of, before, moves, aura.DeviceID{}); aura.KindOf(err) {
		case 0:
			if news != (len(moves) > len(before)) {
				t.Errorf("%d witnesses are news to who knows %d: %t", len(moves), len(before), news)
			}
		case aura.Denied, aura.Stale:
		default:
			t.Errorf("%v", err)
		}
	})
}

// FuzzPayloads checks facts, and reads the payloads of the steps of coordinations and delegations, from any bytes: each is taken or refused.
func FuzzPayloads(f *testing.F) {
	invite := session.Invite{Protocol: "aura.talk.talk", Parts: []session.Part{
		{Role: "One", Authority: aura.AuthorityID{1}, Device: aura.DeviceID{1}}, {Role: "Two", Authority: aura.AuthorityID{2}, Device: aura.DeviceID{2}},
	}}
	offer := session.Offer{Session: aura.SessionID{1}, Protocol: "aura.talk.talk", Role: "One", Bytes: 3, Piece: []byte{1, 2, 3}, Moves: []session.Move{{Generation: 1}}}
	for _, v := range []any{
		invite, offer, session.Refusal{Reason: session.ReasonEpoch}, session.Created{Session: aura.SessionID{1}, Protocol: "aura.talk.talk"},
		session.Failed{Session: aura.SessionID{1}}, session.Delegated{Session: aura.SessionID{1}}, session.Taken{Session: aura.SessionID{1}},
		session.MoveIntent{Session: aura.SessionID{1}, Extent: session.ExtentIntact}, session.Readiness{Digest: [32]byte{5}},
	} {
		b, err := fact.Marshal(v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	kinds := append(session.Module().Kinds, session.Delegations().Kinds...)
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, k := range kinds {
			for _, ns := range []fact.Namespace{fact.OwnNamespace(aura.AuthorityID{1}), fact.ContextNamespace(aura.ContextID{1})} {
				if err := k.Check(&fact.Fact{Kind: k.Name, Namespace: ns, Payload: b}); err != nil && aura.KindOf(err) != aura.Invalid {
					t.Errorf("%s: %v", k.Name, err)
				}
			}
		}
		var i session.Invite
		if fact.Unmarshal(b, &i) == nil && i.Check() == nil {
			if others := i.Others(aura.DeviceID{1}); len(others) > len(i.Parts) {
				t.Errorf("%d of %d are others", len(others), len(i.Parts))
			}
		}
		var o session.Offer
		if fact.Unmarshal(b, &o) == nil && o.Check() == nil {
			again, err := fact.Marshal(o)
			var twice session.Offer
			if err != nil || fact.Unmarshal(again, &twice) != nil {
				t.Errorf("an offer is not read again: %v", err)
			} else if b, err := fact.Marshal(twice); err != nil || !bytes.Equal(b, again) {
				t.Errorf("an offer is read again as another one: %v", err)
			}
		}
		for _, v := range []any{new(session.Refusal), new(session.Answer), new(session.Made), new(session.Failure), new(session.PartEnded), new(session.MoveIntent), new(session.Readiness)} {
			if err := fact.Unmarshal(b, v); err != nil && aura.KindOf(err) != aura.Corrupt {
				t.Errorf("%T: %v", v, err)
			}
		}
	})
}
