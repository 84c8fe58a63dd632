package agent_test

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/biscuit"
	"github.com/aura-runtime/aura/datalog"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/frontier/token"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
)

// attempts is how often the adversary tries.
const attempts = 10_000

// TestNoForgedTokenPasses is a world in which Ada delegates to Ben, Ben hands less on to Cleo, and Cleo hands
// something back. An adversary who has copies of every token replays, widens, reorders and truncates them,
// and Cleo herself tries to get more than she was given.
func TestNoForgedTokenPasses(t *testing.T) {
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		cleo, thief := w.Person(tc, "Cleo"), w.Person(tc, "Stranger")
		atBen := w.Meet(tc, ada, ben)
		w.Meet(tc, ben, cleo)
		atCleo, atThief := w.Meet(tc, ada, cleo), w.Meet(tc, ada, thief)

		forBen, id := delegate(tc, w, ada, ben, aura.FactID{}, chat.CapSend, chat.CapRead, chat.CapInvite)
		forCleo, id := delegate(tc, w, ben, cleo, id, chat.CapSend, chat.CapRead)
		back, _ := delegate(tc, w, cleo, ben, id, chat.CapRead)
		if err := tc.Sleep(time.Minute); err != nil { // acknowledgements are on disk
			t.Fatal(err)
		}
		registry, err := agent.Registry()
		if err != nil {
			t.Fatal(err)
		}
		f := &forger{
			rand: rand.New(rand.NewPCG(11, 4)), own: thief, names: registry.Capabilities(),
			tokens: [][]byte{forBen, forCleo, back, first(t, tc, ada), first(t, tc, thief)},
		}
		before := contents(t, ada)
		reasons := map[guard.Reason]int{}
		for n := range attempts {
			req := ask(ada, thief, atThief, f.names[f.rand.IntN(len(f.names))])
			what, forged := f.forge()
			req.Token = forged
			if f.rand.IntN(4) == 0 { // Cleo asks for what she was not given
				req = ask(ada, cleo, atCleo, f.names[f.rand.IntN(len(f.names))])
				if req.Token = forged; req.Capability == chat.CapSend || req.Capability == chat.CapRead {
					req.Capability = chat.CapInvite
				}
			}
			_, _, err := ada.Agent.Chain().Decide(tc, req)
			var denial *guard.Denial
			if !errors.As(err, &denial) || denial.Stage != guard.StageCapability {
				t.Fatalf("attempt %d, %s: %s asks for %s: %v", n, what, aura.Short(req.For), req.Capability, err)
			}
			reasons[denial.Reason]++
		}
		if diff := cmp.Diff(before, contents(t, ada)); diff != "" {
			t.Errorf("the attempts left a trace: %s", diff)
		}
		for _, r := range []guard.Reason{guard.ReasonNotGranted, guard.ReasonOtherRoot, guard.ReasonDamaged, guard.ReasonOtherHolder, guard.ReasonTooBroad} {
			if reasons[r] < attempts/100 {
				t.Errorf("%d attempts were denied because %s: the adversary is not trying hard enough", reasons[r], r)
			}
		}

		// The tokens themselves are good, for their holder and the capabilities that they grant.
		for _, c := range []struct {
			by    *auratest.Person
			at    aura.ContextID
			token []byte
			name  string
			ok    bool
		}{
			{cleo, atCleo, forCleo, chat.CapSend, true},
			{cleo, atCleo, forCleo, chat.CapInvite, false},
			{ben, atBen, nil, chat.CapInvite, true}, // Ada's journal has what she gave him
			{cleo, atCleo, nil, chat.CapSend, false},
		} {
			req := ask(ada, c.by, c.at, c.name)
			req.Token = c.token
			result, _, err := ada.Agent.Chain().Decide(tc, req)
			if c.ok != (err == nil) || c.ok != (len(result.Records) == 1) {
				t.Errorf("%s asks for %s with the token: %v", c.by.Name, c.name, err)
			}
		}
		u, err := biscuit.Decode(forBen)
		if err != nil {
			t.Fatal(err)
		}
		ada.Do(tc, capability.IntentRevoke, capability.Revoked{Blocks: u.RevocationIDs()}, nil)
		for p, req := range map[*auratest.Person]*guard.Request{ben: ask(ada, ben, atBen, chat.CapSend), cleo: ask(ada, cleo, atCleo, chat.CapSend)} {
			req.Token = map[*auratest.Person][]byte{cleo: forCleo}[p]
			var denial *guard.Denial
			if _, _, err := ada.Agent.Chain().Decide(tc, req); !errors.As(err, &denial) || denial.Reason != guard.ReasonRevoked {
				t.Errorf("%s after the revocation: %v", p.Name, err)
			}
		}
		for _, p := range []*auratest.Person{ada, ben, cleo, thief} {
			p.Stop(tc)
		}
	})
}

// ask is a request that Ada would carry out on behalf of a holder: a message in the context that both share.
func ask(ada, by *auratest.Person, context aura.ContextID, name string) *guard.Request {
	return &guard.Request{
		Capability: name, Authority: ada.Self(), For: by.Self(), Context: context,
		Entries: []fact.Draft{{Namespace: fact.ContextNamespace(context), Kind: "test.kind"}},
		Sends:   []guard.Send{{Peer: by.Self(), Cost: 1, Leak: guard.LeakOf(1)}},
	}
}

// known returns the reference that a person has to a contact.
func known(tc task.Context, of, to *auratest.Person) contact.Ref {
	c, _ := of.Look(tc).Contacts.ByAuthority(to.Self())
	return c.Ref
}

// delegate hands capabilities over and returns the token as it arrives, with its fact.
func delegate(tc task.Context, w *auratest.World, from, to *auratest.Person, held aura.FactID, names ...string) ([]byte, aura.FactID) {
	w.Helper()
	err := from.Submit(tc, capability.IntentDelegate, capability.DelegateIntent{
		To: known(tc, from, to), Names: names, Held: held,
	}, nil)
	if err != nil {
		w.Fatalf("%v", err)
	}
	var got capability.Delegated
	r, err := await(tc, to.Agent, "token", func(r *fact.Record) bool {
		return r.Fact.Kind == capability.KindDelegated && r.Fact.Author == from.Self() &&
			fact.Unmarshal(r.Fact.Payload, &got) == nil && got.To == to.Self()
	})
	if err != nil {
		w.Fatalf("%v", err)
	}
	return got.Token, r.ID
}

// first returns the token with which a person's account was founded.
func first(t *testing.T, tc task.Context, p *auratest.Person) []byte {
	t.Helper()
	var own capability.Token
	_, err := await(tc, p.Agent, "first token", func(r *fact.Record) bool {
		return r.Fact.Kind == capability.KindToken && fact.Unmarshal(r.Fact.Payload, &own) == nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return own.Token
}

// contents returns every byte of a person's disk.
func contents(t *testing.T, p *auratest.Person) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := p.Disk.Iterate(nil, nil, func(k, v []byte) error {
		all[string(k)] = string(v)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// forger makes tokens from tokens.
type forger struct {
	rand   *rand.Rand
	own    *auratest.Person
	names  []string
	tokens [][]byte
}

// forge returns a token that is not what its issuer made for the forger, and how it came about.
func (f *forger) forge() (string, []byte) {
	from := f.tokens[f.rand.IntN(len(f.tokens))]
	switch f.rand.IntN(6) {
	case 0:
		return "replayed", from
	case 1:
		return "widened", f.widen(from)
	case 2:
		return "reordered", f.shuffle(from)
	case 3:
		return "truncated", f.truncate(from)
	case 4:
		return "spliced", f.splice(from)
	}
	flipped := slices.Clone(from)
	flipped[f.rand.IntN(len(flipped))] ^= 1 << f.rand.IntN(8)
	return "flipped", flipped
}

// widen appends a block as a holder can, or issues a token anew with the forger's own key.
func (f *forger) widen(from []byte) []byte {
	name, self := f.names[f.rand.IntN(len(f.names))], f.own.Self().String()
	params := datalog.Params{"name": datalog.NewString(name), "self": datalog.NewString(self)}
	claims := []string{
		`right({name});`, `right($n) <- operation($n);`, `subject({self});`, `delegates($a, {self}) <- subject($a);`,
		`operation({name}); right({name}) <- subject({self});`, `check if operation({name});`, `context("any"); device("any");`,
	}
	program, err := datalog.Parse(claims[f.rand.IntN(len(claims))], params)
	if err != nil {
		panic(err)
	}
	signer := token.SignerOf(f.own.Ring)
	next, err := token.NextKey(reader{f.rand})
	if err != nil {
		panic(err)
	}
	whole, err := biscuit.Decode(from)
	if err != nil {
		panic(err)
	}
	switch f.rand.IntN(3) {
	case 0: // a block of the holder
		longer, err := whole.Attenuate(program, next)
		if err != nil {
			return from
		}
		return longer.Encode()
	case 1: // a block signed by the forger, as if it were the holder
		to := token.Grant{Profile: capability.Profile{Names: f.names}, Holder: [32]byte{byte(f.rand.IntN(256)), 1}}
		longer, err := token.Delegate(whole, signer, to, next)
		if err != nil {
			return from
		}
		return longer.Encode()
	}
	own, err := token.Mint(signer, token.Grant{
		Profile: capability.Profile{Names: []string{name}}, Holder: f.own.Ring.Certificate().Root,
	}, next)
	if err != nil {
		panic(err)
	}
	return own.Encode()
}

// shuffle changes the order of the parts of a token, or of its blocks alone.
func (f *forger) shuffle(from []byte) []byte {
	parts := split(from)
	if len(parts) == 2 || f.rand.IntN(2) == 0 { // the first block takes another's place
		for i := range parts[:len(parts)-1] {
			parts[i][0] = 3<<3 | 2
		}
		f.rand.Shuffle(len(parts)-1, func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		parts[0][0] = 2<<3 | 2
		if len(parts) > 2 {
			return slices.Concat(parts...)
		}
	}
	f.rand.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	out := slices.Concat(parts...)
	if slices.Equal(out, from) {
		out[len(out)-1] ^= 1
	}
	return out
}

// truncate takes away blocks and keeps the proof, or cuts the bytes.
func (f *forger) truncate(from []byte) []byte {
	parts := split(from)
	if len(parts) > 2 && f.rand.IntN(2) == 0 {
		keep := 1 + f.rand.IntN(len(parts)-2)
		return slices.Concat(slices.Concat(parts[:keep]...), parts[len(parts)-1])
	}
	return from[:f.rand.IntN(len(from))]
}

// splice puts parts of one token into another.
func (f *forger) splice(from []byte) []byte {
	parts, other := split(from), split(f.tokens[f.rand.IntN(len(f.tokens))])
	at := f.rand.IntN(len(parts))
	foreign := slices.Clone(other[f.rand.IntN(len(other))])
	foreign[0] = parts[at][0]
	parts[at] = foreign
	return slices.Concat(parts...)
}

// split returns the fields of a token: its blocks, the first one first, and its proof. Each begins with its
// tag, of one byte.
func split(encoded []byte) (parts [][]byte) {
	for len(encoded) > 0 {
		size, n := binary.Uvarint(encoded[1:])
		end := 1 + n + int(size)
		parts = append(parts, slices.Clone(encoded[:end]))
		encoded = encoded[end:]
	}
	return parts
}

// reader is the randomness of a forger.
type reader struct{ *rand.Rand }

func (r reader) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return len(b), nil
}
