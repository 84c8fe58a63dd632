package service_test

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// about returns the lines about a fact, in the order in which they were reported, each with whose they are.
func (u *universe) about(id aura.FactID, people ...*person) (lines []string) {
	for _, e := range u.events.seen {
		if c, ok := e.Correlation(); !ok || [16]byte(id[:16]) != c {
			continue
		}
		whose := "?"
		for _, p := range people {
			if strings.HasPrefix(e.Owner(), "world/"+p.name) {
				whose = p.name
			}
		}
		lines = append(lines, whose+": "+string(e.Family())+" "+e.Message())
	}
	return lines
}

// said returns the fact of the newest message of an author in a context.
func (p *person) said(tc task.Context, context aura.ContextID, author *person) aura.FactID {
	p.Helper()
	all := p.messages(tc, context)
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Author == author.self() {
			return all[i].ID
		}
	}
	p.Fatalf("seed %d: %s has no message of %s", p.seed, p.name, author.name)
	return aura.FactID{}
}

func TestOneMessageIsOneStoryOnBothAgents(t *testing.T) {
	inWorlds(t, 5, func(tc task.Context, u *universe) {
		ada, ben := u.person(tc, "Ada"), u.person(tc, "Ben")
		context := u.meet(tc, ada, ben)
		u.sleep(tc, time.Minute)
		ada.say(tc, context, "hello")
		u.sleep(tc, time.Minute)
		got := map[string][]string{}
		for _, line := range u.about(ada.said(tc, context, ada), ada, ben) {
			whose, what, _ := strings.Cut(line, ": ")
			got[whose] = append(got[whose], what)
		}
		want := map[string][]string{
			"Ada": {"message commit", "guard allow", "message release", "message acknowledge"},
			"Ben": {"message commit", "message receive"},
		}
		// Whether the caller of the guard or the sender goes on first after the commit is chance.
		if a := got["Ada"]; len(a) == 4 && a[2] == "guard allow" {
			a[1], a[2] = a[2], a[1]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("seed %d: %s", u.seed, diff)
		}
	})
}

// TestAWaitForBudgetIsReported: a message over budget waits, the epoch turns, and it goes.
func TestAWaitForBudgetIsReported(t *testing.T) {
	inWorlds(t, 3, func(tc task.Context, u *universe) {
		ada := u.person(tc, "Ada", limited(3, shortEpoch))
		ben := u.person(tc, "Ben", limited(3, shortEpoch))
		context := u.meet(tc, ada, ben)
		u.beginEpoch(tc)
		for _, text := range numbered(1, 4) {
			ada.say(tc, context, text)
		}
		u.sleep(tc, 10*time.Second)
		last := ada.said(tc, context, ada)
		waited := strings.Join(u.about(last, ada, ben), "\n")
		if !strings.Contains(waited, "Ada: budget wait") || strings.Contains(waited, "release") {
			t.Errorf("seed %d: of a message that waits:\n%s", u.seed, waited)
		}
		turns := u.events.count("budget", "turn", 0)
		u.beginEpoch(tc)
		u.sleep(tc, 10*time.Second)
		went := strings.Join(u.about(last, ada, ben), "\n")
		if !strings.Contains(went, "Ada: message acknowledge") || strings.Count(went, "release") != 1 {
			t.Errorf("seed %d: of a message that went:\n%s", u.seed, went)
		}
		if u.events.count("budget", "turn", 0) == turns {
			t.Errorf("seed %d: the turn of the epoch was not reported", u.seed)
		}
	})
}

// TestALostAcknowledgementIsReportedOnce: the peer has the message, the sender dies before it hears of it.
func TestALostAcknowledgementIsReportedOnce(t *testing.T) {
	inWorlds(t, 5, func(tc task.Context, u *universe) {
		ada, ben := u.person(tc, "Ada"), u.person(tc, "Ben")
		context := u.meet(tc, ada, ben)
		u.sleep(tc, time.Minute)
		received := u.events.count("message", "receive", 0)
		ada.say(tc, context, "hello")
		u.until(tc, "Ben has it", time.Minute, func() bool { return u.events.count("message", "receive", 0) > received })
		ada.restart(tc)
		u.sleep(tc, time.Minute)
		lines := u.about(ada.said(tc, context, ada), ada, ben)
		acknowledged := 0
		for _, line := range lines {
			if line == "Ada: message acknowledge" {
				acknowledged++
			}
		}
		// The first life may have heard of it and died before it wrote that down.
		if acknowledged < 1 || acknowledged > 2 {
			t.Errorf("seed %d: acknowledged %d times:\n%s", u.seed, acknowledged, strings.Join(lines, "\n"))
		}
	})
}

// TestNoEventCarriesPayloadKeyOrAddress plays what people do and searches every field of every event.
func TestNoEventCarriesPayloadKeyOrAddress(t *testing.T) {
	inWorlds(t, 2, func(tc task.Context, u *universe) {
		ada := u.person(tc, "Ada Xylophone", limited(20, shortEpoch))
		ben, cleo := u.person(tc, "Ben Zeppelin", limited(20, shortEpoch)), u.person(tc, "Cleo Quagmire", limited(20, shortEpoch))
		secrets := map[string]string{"an address": "192.0.2.", "a wrong code's text": "no-such-code"}
		pair := u.meet(tc, ada, ben)
		other := u.meet(tc, ada, cleo)
		lasting := ada.invites(tc, time.Hour)
		secrets["an invitation"] = lasting.Code
		_ = ben.submit(tc, invite.IntentAccept, invite.CodeIntent{Code: "no-such-code"}, nil)
		u.beginEpoch(tc)
		for i, text := range numbered(1, 60) {
			ada.say(tc, []aura.ContextID{pair, other}[i%2], "wombat "+text)
		}
		secrets["a text"] = "wombat"
		m := ben.corrupt(tc, ada, pair)
		m.dial(tc)
		_ = m.channel.Send(tc, []byte("\x02no message"))
		u.sleep(tc, time.Second)
		m.hangUp(tc)
		ben.start(tc)
		cleo.restart(tc)
		u.sleep(tc, time.Minute)
		u.beginEpoch(tc)
		u.sleep(tc, time.Minute)
		for _, p := range []*person{ada, ben, cleo} {
			secrets["the name "+p.name] = strings.Fields(p.name)[1]
			c := p.ring.Certificate()
			agreement, _ := p.ring.Agreement()
			for what, key := range map[string][]byte{
				"root key": c.Root[:], "signing key": c.Signing[:], "agreement key": c.Agreement[:], "link key": c.Link[:], "private key": agreement[:],
				"link seed": bytesOf(p.ring.LinkSeed()), "store key": bytesOf(p.ring.StoreKey()),
			} {
				for form, text := range map[string]string{
					"raw": string(key), "hex": hex.EncodeToString(key)[:16], "base64": base64.StdEncoding.EncodeToString(key)[:12],
					"base32": strings.ToLower(base32.StdEncoding.EncodeToString(key)[:16]), "list": fmt.Sprint(key[:8])[1:],
				} {
					secrets[p.name+"'s "+what+" in "+form] = strings.TrimSuffix(text, "]")
				}
			}
		}
		for _, e := range u.events.seen {
			for name, value := range e.Fields {
				if name == "owner" || name == "task" {
					value = strings.ReplaceAll(value, "world/"+ada.name, "") // the test's own names of groups
					value = strings.ReplaceAll(value, "world/"+ben.name, "")
					value = strings.ReplaceAll(value, "world/"+cleo.name, "")
				}
				for what, secret := range secrets {
					if strings.Contains(value, secret) {
						t.Fatalf("seed %d: %s is in field %s of %v", u.seed, what, name, e)
					}
				}
			}
		}
		for _, told := range []struct {
			family world.Family
			what   string
			kind   aura.Kind
		}{
			{"message", "receive", 0}, {"message", "acknowledge", 0}, {"budget", "wait", 0}, {"budget", "turn", 0},
			{"guard", "allow", 0}, {"ingress", "accepted", 0}, {"ingress", "rejected", aura.Corrupt},
		} {
			if u.events.count(told.family, told.what, told.kind) == 0 {
				t.Errorf("seed %d: the play has no %s %s", u.seed, told.family, told.what)
			}
		}
	})
}

func bytesOf(key [32]byte) []byte { return key[:] }
