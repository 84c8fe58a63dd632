package capability_test

import (
	"errors"
	"flag"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/foldtest"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var (
	ada  = foldtest.NewPerson(1)
	ben  = foldtest.NewPerson(2)
	own  = ada.Authority()
	pair = aura.ContextID{7}
	club = aura.ContextID{8}
)

func issued(t testing.TB, n aura.Logical, token string) fact.Record {
	return ada.Own(t, n, capability.KindToken, capability.Token{Token: []byte(token)})
}

func delegated(t testing.TB, by foldtest.Person, n aura.Logical, to aura.AuthorityID, token string) fact.Record {
	return by.Shared(t, pair, n, uint64(n), capability.KindDelegated, capability.Delegated{To: to, Token: []byte(token)})
}

func limited(t testing.TB, n aura.Logical, context aura.ContextID, p guard.Policy) fact.Record {
	d, err := capability.Limit(own, context, p)
	if err != nil {
		t.Fatal(err)
	}
	return ada.Drafted(d, n, uint64(n))
}

func texts(tokens [][]byte) (all []string) {
	for _, t := range tokens {
		all = append(all, string(t))
	}
	return all
}

func TestTokensAreFoundByWhomTheyAreFor(t *testing.T) {
	s := capability.NewState(own)
	mine, his, held := issued(t, 1, "mine"), delegated(t, ada, 2, ben.Authority(), "for ben"), delegated(t, ben, 3, own, "from ben")
	for r, changes := range map[*fact.Record]bool{&mine: true, &his: true, &held: false} {
		if s.Apply(r) != changes {
			t.Errorf("%s by %s: change is %t", r.Fact.Kind, r.Fact.Author, !changes)
		}
	}
	if diff := cmp.Diff([]string{"mine"}, texts(s.Tokens(own))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"for ben"}, texts(s.Tokens(ben.Authority()))); diff != "" {
		t.Error(diff)
	}
	want := capability.Held{ID: held.ID, Context: pair, From: ben.Authority(), Token: []byte("from ben")}
	got, ok := s.Held(held.ID)
	if diff := cmp.Diff(want, got); diff != "" || !ok {
		t.Error(diff)
	}
	if _, ok := s.Held(his.ID); ok {
		t.Error("a token that was handed out counts as received")
	}
}

func TestAPeerCannotWidenOrNarrow(t *testing.T) {
	s := capability.NewState(own)
	elsewhere := ada.Shared(t, pair, 3, 3, capability.KindToken, capability.Token{Token: []byte("shared")})
	for _, r := range []fact.Record{
		ben.Own(t, 1, capability.KindToken, capability.Token{Token: []byte("his")}),
		ben.Own(t, 2, capability.KindRevoked, capability.Revoked{Blocks: [][]byte{{1}}}),
		delegated(t, ben, 4, ben.Authority(), "to himself"), elsewhere,
	} {
		if s.Apply(&r) {
			t.Errorf("%s by %s was taken", r.Fact.Kind, r.Fact.Author)
		}
	}
	if len(s.Tokens(own)) != 0 || len(s.Tokens(ben.Authority())) != 0 || s.Revoked([][]byte{{1}}) {
		t.Error("a peer's word counts")
	}
}

func TestAContactCannotFillTheMemory(t *testing.T) {
	s := capability.NewState(own)
	var last fact.Record
	for n := range aura.Logical(100) {
		last = delegated(t, ben, n+1, own, "token")
		s.Apply(&last)
	}
	if n := len(s.AllHeld()); n != 16 {
		t.Errorf("%d tokens of one contact are kept", n)
	}
	if _, ok := s.Held(last.ID); !ok {
		t.Error("the newest is not kept")
	}
}

func TestRevokedBlocksStayRevoked(t *testing.T) {
	s := capability.NewState(own)
	r := ada.Own(t, 1, capability.KindRevoked, capability.Revoked{Blocks: [][]byte{{1}, {2}}})
	s.Apply(&r)
	if !s.Revoked([][]byte{{9}, {2}}) || s.Revoked([][]byte{{9}}) {
		t.Error("a token is void when one of its blocks is revoked, and only then")
	}
}

func TestLimitsFallBackFromContextToAllToDefault(t *testing.T) {
	s := capability.NewState(own)
	if diff := cmp.Diff(guard.DefaultPolicy(), s.Limits(pair)); diff != "" {
		t.Error(diff)
	}
	all := guard.Policy{Limit: 5, EpochLength: time.Minute}
	mine := guard.DefaultPolicy()
	mine.Limit = 9
	for _, r := range []fact.Record{limited(t, 1, aura.ContextID{}, all), limited(t, 2, pair, mine)} {
		s.Apply(&r)
	}
	if diff := cmp.Diff(all, s.Limits(club)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(mine, s.Limits(pair)); diff != "" {
		t.Error(diff)
	}
}

func TestProfilesAreSpelledOut(t *testing.T) {
	p, err := capability.NewProfile("guest", "chat:send", "chat:read")
	if diff := cmp.Diff([]string{"chat:read", "chat:send"}, p.Names); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for _, names := range [][]string{nil, {"all"}, {"chat:*"}, {"*"}, {"chat:send", "chat:send"}, make([]string, 65)} {
		if _, err := capability.NewProfile("bad", names...); !errors.Is(err, aura.Invalid) {
			t.Errorf("%.80q: %v", names, err)
		}
	}
}

func TestMalformedPayloadsAreRefused(t *testing.T) {
	if _, err := capability.Issue(own, nil); !errors.Is(err, aura.Invalid) {
		t.Errorf("issued nothing: %v", err)
	}
	if _, err := capability.Delegate(domain.Caller{Authority: own}, contact.Ref{}, []byte{1}); !errors.Is(err, aura.Invalid) {
		t.Errorf("delegated without a receiver: %v", err)
	}
	if _, err := capability.Revoke(domain.Caller{Authority: own}, capability.Revoked{}); !errors.Is(err, aura.Invalid) {
		t.Errorf("revoked nothing: %v", err)
	}
	for _, length := range []aura.Duration{0, time.Microsecond, -time.Hour, 400 * 24 * time.Hour} {
		if _, err := capability.Limit(own, pair, guard.Policy{EpochLength: length}); !errors.Is(err, aura.Invalid) {
			t.Errorf("epoch of %v: %v", length, err)
		}
	}
}

func TestRegistryChecksTheFacts(t *testing.T) {
	r := foldtest.Registry(t, capability.Module())
	for _, good := range []fact.Record{
		issued(t, 1, "token"), delegated(t, ada, 1, ben.Authority(), "token"), limited(t, 1, pair, guard.DefaultPolicy()),
	} {
		if err := r.Check(&good.Fact); err != nil {
			t.Error(err)
		}
		bad := good.Fact
		bad.Payload = []byte{0xa0}
		if err := r.Check(&bad); !errors.Is(err, aura.Invalid) {
			t.Errorf("empty %s: %v", bad.Kind, err)
		}
		bad = good.Fact
		if bad.Namespace = fact.ContextNamespace(pair); bad.Kind == capability.KindDelegated {
			bad.Namespace = fact.OwnNamespace(own)
		}
		if err := r.Check(&bad); !errors.Is(err, aura.Invalid) {
			t.Errorf("%s in a foreign place: %v", bad.Kind, err)
		}
	}
}

func FuzzPayloads(f *testing.F) {
	for _, r := range []fact.Record{
		issued(f, 1, "token"), delegated(f, ada, 1, ben.Authority(), "token"), limited(f, 1, pair, guard.DefaultPolicy()),
	} {
		f.Add(r.Fact.Payload)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		foldtest.Survives(t, capability.Module(), reducer{capability.NewState(own)}, payload)
	})
}

// reducer is a state as the shared tests know it.
type reducer struct{ *capability.State }

func (r reducer) Apply(record *fact.Record) { r.State.Apply(record) }

func newState() reducer { return reducer{capability.NewState(own)} }

func records(t *testing.T) *rapid.Generator[[]fact.Record] {
	return rapid.Custom(func(rt *rapid.T) []fact.Record {
		var all []fact.Record
		for n := range aura.Logical(rapid.IntRange(1, 24).Draw(rt, "facts")) {
			at := aura.Logical(rapid.IntRange(1, 3).Draw(rt, "logical"))
			context := rapid.SampledFrom([]aura.ContextID{{}, pair, club}).Draw(rt, "context")
			text := string(rapid.ByteRange('a', 'd').Draw(rt, "token"))
			switch rapid.IntRange(0, 4).Draw(rt, "kind") {
			case 0:
				all = append(all, ada.Own(t, at, capability.KindRevoked, capability.Revoked{Blocks: [][]byte{[]byte(text)}}))
			case 1:
				all = append(all, limited(t, at, context, guard.Policy{Limit: uint64(n), EpochLength: time.Minute}))
			case 2:
				all = append(all, delegated(t, ada, at, ben.Authority(), text))
			case 3:
				all = append(all, delegated(t, ben, at, own, text))
			default:
				all = append(all, issued(t, at, text))
			}
		}
		return all
	})
}

func TestStateIsTheSameForAnyOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) { foldtest.OrderInsensitive(rt, records(t).Draw(rt, "records"), newState) })
}

func TestSavedStateIsRestored(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) { foldtest.Restorable(rt, records(t).Draw(rt, "records"), newState) })
}

func TestVersionOfTheState(t *testing.T) { foldtest.Versioned(t, *update, records(t), newState) }

func TestStateOfAnotherAuthorityIsRefused(t *testing.T) {
	state, err := capability.NewState(ben.Authority()).Save()
	if err != nil {
		t.Fatal(err)
	}
	if err := newState().Restore(state); !errors.Is(err, aura.Corrupt) {
		t.Errorf("got %v, want corrupt", err)
	}
}
