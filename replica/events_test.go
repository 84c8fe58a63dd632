package replica_test

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
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/internal/scene"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// linesAbout returns the lines about a fact, in the order in which they were reported, each with whose they are.
func linesAbout(w *auratest.World, id aura.FactID, people ...*auratest.Person) (lines []string) {
	for _, e := range w.Events {
		if c, ok := e.Correlation(); !ok || [16]byte(id[:16]) != c {
			continue
		}
		whose := "?"
		for _, p := range people {
			if strings.HasPrefix(e.Owner(), "world/people/"+p.Name) {
				whose = p.Name
			}
		}
		lines = append(lines, whose+": "+string(e.Family())+" "+e.Message())
	}
	return lines
}

// said returns the fact of the newest message of an author in a context.
func said(tc task.Context, p *auratest.Person, context aura.ContextID, author *auratest.Person) aura.FactID {
	p.World.Helper()
	all := scene.Messages(tc, p, context)
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Author == author.Self() {
			return all[i].ID
		}
	}
	p.World.Fatalf("%s has no message of %s", p.Name, author.Name)
	return aura.FactID{}
}

func TestOneMessageIsOneStoryOnBothAgents(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 5}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		context := w.Meet(tc, ada, ben)
		w.Sleep(tc, time.Minute)
		ada.Say(tc, context, "hello")
		w.Sleep(tc, time.Minute)
		got := map[string][]string{}
		for _, line := range linesAbout(w, said(tc, ada, context, ada), ada, ben) {
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
			w.Errorf("%s", diff)
		}
	})
}

// TestAWaitForBudgetIsReported: a message over budget waits, the epoch turns, and it goes.
func TestAWaitForBudgetIsReported(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		ada := w.Person(tc, "Ada", limited(3, shortEpoch))
		ben := w.Person(tc, "Ben", limited(3, shortEpoch))
		context := w.Meet(tc, ada, ben)
		beginEpoch(tc, w)
		for _, text := range numbered(1, 4) {
			ada.Say(tc, context, text)
		}
		w.Sleep(tc, 10*time.Second)
		last := said(tc, ada, context, ada)
		waited := strings.Join(linesAbout(w, last, ada, ben), "\n")
		if !strings.Contains(waited, "Ada: budget wait") || strings.Contains(waited, "release") {
			w.Errorf("of a message that waits:\n%s", waited)
		}
		turns := count(w, "budget", "turn", 0)
		beginEpoch(tc, w)
		w.Sleep(tc, 10*time.Second)
		went := strings.Join(linesAbout(w, last, ada, ben), "\n")
		if !strings.Contains(went, "Ada: message acknowledge") || strings.Count(went, "release") != 1 {
			w.Errorf("of a message that went:\n%s", went)
		}
		if count(w, "budget", "turn", 0) == turns {
			w.Errorf("the turn of the epoch was not reported")
		}
	})
}

// TestALostAcknowledgementIsReportedOnce: the peer has the message, the sender dies before it hears of it.
func TestALostAcknowledgementIsReportedOnce(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 5}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		context := w.Meet(tc, ada, ben)
		w.Sleep(tc, time.Minute)
		received := count(w, "message", "receive", 0)
		ada.Say(tc, context, "hello")
		w.Until(tc, "Ben has it", time.Minute, func() bool { return count(w, "message", "receive", 0) > received })
		scene.Restart(tc, ada)
		w.Sleep(tc, time.Minute)
		lines := linesAbout(w, said(tc, ada, context, ada), ada, ben)
		acknowledged := 0
		for _, line := range lines {
			if line == "Ada: message acknowledge" {
				acknowledged++
			}
		}
		// The first life may have heard of it and died before it wrote that down.
		if acknowledged < 1 || acknowledged > 2 {
			w.Errorf("acknowledged %d times:\n%s", acknowledged, strings.Join(lines, "\n"))
		}
	})
}

// TestNoEventCarriesPayloadKeyOrAddress plays what people do and searches every field of every event.
func TestNoEventCarriesPayloadKeyOrAddress(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
		ada := w.Person(tc, "Ada Xylophone", limited(20, shortEpoch))
		ben, cleo := w.Person(tc, "Ben Zeppelin", limited(20, shortEpoch)), w.Person(tc, "Cleo Quagmire", limited(20, shortEpoch))
		secrets := map[string]string{"an address": "192.0.2.", "a wrong code's text": "no-such-code"}
		pair := w.Meet(tc, ada, ben)
		other := w.Meet(tc, ada, cleo)
		lasting := scene.Invites(tc, ada, time.Hour)
		secrets["an invitation"] = lasting.Code
		_ = ben.Submit(tc, invite.IntentAccept, invite.CodeIntent{Code: "no-such-code"}, nil)
		beginEpoch(tc, w)
		for i, text := range numbered(1, 60) {
			ada.Say(tc, []aura.ContextID{pair, other}[i%2], "wombat "+text)
		}
		secrets["a text"] = "wombat"
		m := corrupt(tc, ben, ada, pair)
		m.dial(tc)
		_ = m.channel.Send(tc, []byte("\x02no message"))
		w.Sleep(tc, time.Second)
		m.hangUp(tc)
		ben.Start(tc)
		scene.Restart(tc, cleo)
		w.Sleep(tc, time.Minute)
		beginEpoch(tc, w)
		w.Sleep(tc, time.Minute)
		for _, p := range []*auratest.Person{ada, ben, cleo} {
			secrets["the name "+p.Name] = strings.Fields(p.Name)[1]
			c := p.Ring.Certificate()
			agreement, _ := p.Ring.Agreement()
			for what, key := range map[string][]byte{
				"root key": c.Root[:], "signing key": c.Signing[:], "agreement key": c.Agreement[:], "link key": c.Link[:], "private key": agreement[:],
				"link seed": bytesOf(p.Ring.LinkSeed()), "store key": bytesOf(p.Ring.StoreKey()),
			} {
				for form, text := range map[string]string{
					"raw": string(key), "hex": hex.EncodeToString(key)[:16], "base64": base64.StdEncoding.EncodeToString(key)[:12],
					"base32": strings.ToLower(base32.StdEncoding.EncodeToString(key)[:16]), "list": fmt.Sprint(key[:8])[1:],
				} {
					secrets[p.Name+"'s "+what+" in "+form] = strings.TrimSuffix(text, "]")
				}
			}
		}
		for _, e := range w.Events {
			for name, value := range e.Fields {
				if name == "owner" || name == "task" {
					value = strings.ReplaceAll(value, "world/people/"+ada.Name, "") // the test's own names of groups
					value = strings.ReplaceAll(value, "world/people/"+ben.Name, "")
					value = strings.ReplaceAll(value, "world/people/"+cleo.Name, "")
				}
				for what, secret := range secrets {
					if strings.Contains(value, secret) {
						w.Fatalf("%s is in field %s of %v", what, name, e)
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
			{"guard", "allow", 0}, {"ingress", "accepted", 0}, {"ingress", "rejected", aura.Invalid},
		} {
			if count(w, told.family, told.what, told.kind) == 0 {
				w.Errorf("the play has no %s %s", told.family, told.what)
			}
		}
	})
}

func bytesOf(key [32]byte) []byte { return key[:] }
