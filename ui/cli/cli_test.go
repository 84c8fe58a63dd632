package cli_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/domain/foldtest"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/ui/cli"
	"github.com/aura-runtime/aura/world"
)

// desk is a person's account without an agent: its journal, and a command line over it.
type desk struct {
	t       *testing.T
	self    foldtest.Person
	records []fact.Record
	in      string
}

func newDesk(t *testing.T, name string) *desk {
	d := &desk{t: t, self: foldtest.NewPerson(1)}
	d.record(d.self, fact.OwnNamespace(d.self.Authority()), contact.KindSelf, contact.Self{Name: name})
	return d
}

// certificate returns the keys of the n-th person.
func certificate(n byte) fact.Certificate { return foldtest.NewPerson(n).Certificate }

// record adds a fact to the journal.
func (d *desk) record(by foldtest.Person, ns fact.Namespace, kind string, payload any) {
	d.t.Helper()
	body, err := fact.Marshal(payload)
	if err != nil {
		d.t.Fatal(err)
	}
	n := len(d.records) + 1
	r := by.Drafted(fact.Draft{Namespace: ns, Kind: kind, Payload: body}, aura.Logical(n), uint64(n))
	r.Position = fact.Position(n)
	d.records = append(d.records, r)
}

// knows adds a contact and returns how to let it speak.
func (d *desk) knows(n byte, name string) (says func(text string)) {
	d.t.Helper()
	c := foldtest.NewPerson(n)
	context := aura.ContextID{n}
	d.record(d.self, fact.OwnNamespace(d.self.Authority()), contact.KindAdded, contact.Added{
		Context: context, Authority: c.Authority(), Certificate: c.Certificate.Encode(), Name: name, Transcript: [32]byte{n},
	})
	return func(text string) {
		d.t.Helper()
		d.record(c, fact.ContextNamespace(context), chat.KindMessage, chat.Text{Text: text, At: 1})
	}
}

// run executes one command line.
func (d *desk) run(args ...string) (out, errs string, code int) {
	var o, e bytes.Buffer
	s := &cli.Shell{
		In: strings.NewReader(d.in), Out: &o, Err: &e,
		Run: func(name string, fn func(task.Context) error) error {
			return task.NewReal(task.RealOptions{}).Run(name, fn)
		},
		FindAccount: func(string) error { return nil },
		Connect: func(tc task.Context, _ string) (*app.Core, error) {
			return app.NewOffline(tc, d.self.Authority(), d.self.Device(), world.Random(), app.OfflineOptions{Records: d.records})
		},
	}
	root := cli.New(s)
	root.SetArgs(args)
	code = cli.Report(s, root.Execute())
	return o.String(), e.String(), code
}

// prints runs a command line that must succeed and compares its output.
func (d *desk) prints(want string, args ...string) {
	d.t.Helper()
	out, errs, code := d.run(args...)
	if code != 0 || errs != "" {
		d.t.Fatalf("%v: exit code %d: %s", args, code, errs)
	}
	if diff := cmp.Diff(want, out); diff != "" {
		d.t.Errorf("%v (-want +got):\n%s", args, diff)
	}
}

// fails runs a command line that must fail with an exit code and a text.
func (d *desk) fails(want int, text string, args ...string) {
	d.t.Helper()
	out, errs, code := d.run(args...)
	if code != want || !strings.Contains(errs, text) || out != "" {
		d.t.Errorf("%v: exit code %d, want %d with %q; got %q and %q", args, code, want, text, errs, out)
	}
	lines := strings.Split(strings.TrimSpace(errs), "\n")
	if !strings.HasPrefix(lines[0], "aura: ") || len(lines) > want {
		d.t.Errorf("%v: not one line: %q", args, errs)
	}
}

// contest lets the account of the n-th person say two things about its devices: each of two entries adds another one.
func (d *desk) contest(n byte, ns fact.Namespace) {
	d.t.Helper()
	who := foldtest.NewPerson(n)
	first, err := roster.Found(&who.Certificate)
	if err != nil {
		d.t.Fatal(err)
	}
	chain := roster.New(who.Authority())
	if err := chain.Add(first, 0); err != nil {
		d.t.Fatal(err)
	}
	entries := []roster.Entry{first}
	for _, more := range []byte{n + 100, n + 101} {
		p := foldtest.NewPerson(more)
		added := roster.Device{Signing: p.Certificate.Signing, Agreement: p.Certificate.Agreement, Link: p.Certificate.Link, Rights: roster.RightsSpeak}
		added.Countersignature = [64]byte(ed25519.Sign(p.Signing, added.SigningBytes(who.Authority())))
		e, err := roster.Enrol(chain.State(1), who.Device(), added)
		if err != nil {
			d.t.Fatal(err)
		}
		root := ed25519.NewKeyFromSeed(append(make([]byte, ed25519.SeedSize-2), n, 1)) // see [foldtest.NewPerson]
		entries = append(entries, e.Sign(func(b []byte) [64]byte { return [64]byte(ed25519.Sign(root, b)) }))
	}
	all, err := roster.Announce(entries)
	if err != nil {
		d.t.Fatal(err)
	}
	d.record(who, ns, device.KindRoster, all[0])
}

// TestAContestedAccountIsShown with its remedy, a contact's and the own one.
func TestAContestedAccountIsShown(t *testing.T) {
	d := newDesk(t, "Ada")
	d.knows(2, "Ben")
	d.knows(3, "Cleo")
	for _, args := range [][]string{{"contacts"}, {"status"}, {"contacts", "--json"}, {"status", "--json"}} {
		if out, _, _ := d.run(args...); strings.Contains(out, "two things") || strings.Contains(out, "contest") {
			t.Errorf("%v before any contest:\n%s", args, out)
		}
	}
	d.contest(2, fact.ContextNamespace(aura.ContextID{2}))
	d.contest(1, fact.OwnNamespace(d.self.Authority()))
	for _, c := range []struct {
		want string
		args []string
	}{
		{`(?m)^Ben   offline, Ben's account says two things about its devices: ask Ben  [a-z2-7]{8}\nCleo  offline +[a-z2-7]{8}$`, []string{"contacts"}},
		{`"name":"Ben".*"contested":true.*\n.*"name":"Cleo"[^\n]*\n$`, []string{"contacts", "--json"}},
		{`(?m)^devices +this account says two things about its devices.*\n +fix: find out which of your devices changed the list.*
 +Ben's account says two things about its devices.*\n +fix: ask Ben by voice or in person`, []string{"status"}},
		{`"contests":\[{"text":"this account says two things.*"text":"Ben's account says two things`, []string{"status", "--json"}},
	} {
		out, _, _ := d.run(c.args...)
		if ok, err := regexp.MatchString(c.want, out); !ok {
			t.Errorf("%v, %v:\n%s", c.args, err, out)
		}
	}
	if out, _, _ := d.run("contacts", "--json"); strings.Count(out, "contested") != 1 {
		t.Errorf("Cleo is contested as well:\n%s", out)
	}
}

// TestAnInvitationOfAnotherDeviceIsMarked: it can be cancelled there alone.
func TestAnInvitationOfAnotherDeviceIsMarked(t *testing.T) {
	d := newDesk(t, "Ada")
	phone := foldtest.NewPerson(9)
	phone.Certificate.Root = d.self.Certificate.Root
	const end = aura.Instant(4e18)
	own := fact.OwnNamespace(d.self.Authority())
	d.record(d.self, own, invite.KindCreated, invite.Created{ID: invite.ID{1}, Expires: end})
	d.record(phone, own, invite.KindCreated, invite.Created{ID: invite.ID{2}, Expires: end})
	d.record(phone, own, invite.KindAccepting, invite.Accepting{ID: invite.ID{3}, Expires: end})
	out, _, _ := d.run("invite", "list")
	if ok, _ := regexp.MatchString(`^inv_aeaaaaaa  sent      open       until [^()]*
inv_aiaaaaaa  sent      open       until .* \(another device\)
inv_amaaaaaa  received  accepting  until .* \(another device\)
$`, out); !ok {
		t.Errorf("invitations:\n%s", out)
	}
	out, _, _ = d.run("invite", "list", "--json")
	if lines := strings.Split(out, "\n"); strings.Contains(lines[0], "elsewhere") || strings.Count(out, `"elsewhere":true`) != 2 {
		t.Errorf("as JSON:\n%s", out)
	}
}

func TestContactsAreListedWithWhatIsKnown(t *testing.T) {
	d := newDesk(t, "Ada")
	d.prints("no contacts yet: invite a person with: aura invite create --home x\n", "contacts", "--home", "x")
	d.knows(2, "Ben")
	d.knows(3, "Ben")
	out, _, _ := d.run("contacts")
	if ok, _ := regexp.MatchString(`^Ben    offline  [a-z2-7]{8}\nBen 2  offline  [a-z2-7]{8}  calls itself Ben\n$`, out); !ok {
		t.Errorf("contacts:\n%s", out)
	}
	out, _, _ = d.run("contacts", "--json")
	var first struct {
		Name, Verification string
		Connection         struct{ Reach string }
		Blocked            bool
	}
	if err := json.Unmarshal([]byte(strings.SplitAfter(out, "\n")[0]), &first); err != nil {
		t.Fatal(err)
	}
	if first.Name != "Ben" || first.Connection.Reach != "offline" || len(first.Verification) != 35 || first.Blocked {
		t.Errorf("contacts --json: %+v", first)
	}
}

func TestMessagesCannotSteerTheTerminal(t *testing.T) {
	d := newDesk(t, "Ada")
	says := d.knows(2, "Ben")
	says("hello\nBen: I said this too\x1b[2J\x07\r\u202egnp.exe 👩‍👩‍👧\tend")
	out, _, code := d.run("read", "Ben", "--keep-unread")
	_, out, _ = strings.Cut(out, "  ") // the time
	want := "Ben: hello\n    Ben: I said this too�[2J���gnp.exe 👩‍👩‍👧\tend\n"
	if diff := cmp.Diff(want, out); diff != "" || code != 0 {
		t.Errorf("exit code %d (-want +got):\n%s", code, diff)
	}
	out, _, _ = d.run("read", "Ben", "--keep-unread", "--json")
	var m chat.Message
	if err := json.Unmarshal([]byte(out), &struct {
		Text *string `json:"text"`
	}{&m.Text}); err != nil || !strings.Contains(m.Text, "\x1b[2J\x07\r\u202e") {
		t.Errorf("JSON does not carry the text as it is: %q, %v", m.Text, err)
	}
}

func TestNewestMessagesAreTheLastOnes(t *testing.T) {
	d := newDesk(t, "Ada")
	says := d.knows(2, "Ben")
	for _, text := range []string{"one", "two", "three"} {
		says(text)
	}
	out, _, _ := d.run("read", "ben", "--last", "2", "--keep-unread")
	if got := regexp.MustCompile(`Ben: \w+`).FindAllString(out, -1); !cmp.Equal(got, []string{"Ben: two", "Ben: three"}) {
		t.Errorf("read --last 2: %q", got)
	}
}

func TestOwnFactsNeedNoAgent(t *testing.T) {
	d := newDesk(t, "Ada")
	d.knows(2, "Ben")
	d.prints("Ben is muted\n", "mute", "Ben")
	d.prints(`{"done":"block","name":"Ben"}`+"\n", "block", "BEN", "--json")
	d.prints("Ben is now called Benjamin\n", "rename", "Ben", "Benjamin")
	d.prints("your name is now Adele\n", "name", "Adele")
	d.prints("no groups: create one with: aura group create NAME CONTACT…\n", "group", "list")
	d.prints("", "group", "list", "--json")
	d.prints("no invitations yet: create one with: aura invite create\n", "invite", "list")
	cert := certificate(2)
	ben := moderation.Target{Authority: cert.Authority()}
	d.record(d.self, fact.OwnNamespace(d.self.Authority()), moderation.KindBlocked, ben)
	d.prints("Ben is no longer blocked; what Ben wrote meanwhile is not shown\n", "unblock", "ben")
}

func TestFailuresAreOneLine(t *testing.T) {
	d := newDesk(t, "Ada")
	d.knows(2, "Ben")
	d.fails(1, "there is no agent", "send", "Ben", "hi")
	d.fails(1, "the text is empty", "send", "Ben", " ")
	d.fails(1, `no contact is called "Bem"; did you mean Ben?`, "read", "Bem")
	d.fails(1, "is not a group", "group", "leave", "Ben")
	d.fails(1, "this is not an invitation", "invite", "accept", "hello")
	d.fails(1, `no invitation begins with "inv_abcd"`, "invite", "cancel", "inv_abcd")
	d.fails(1, "begins or ends with a space", "name", " Ada")
	d.fails(2, `aura has no verb "sned": there is send`, "sned", "Ben", "hi")
	d.fails(2, "unknown flag: --loud", "send", "Ben", "hi", "--loud")
	d.in = strings.Repeat("x", chat.MaxText+1)
	d.fails(1, "more than 65536 bytes", "send", "Ben", "-")
	_, errs, code := d.run("send", "Bem", "hi", "--json")
	if want := `{"error":"no contact is called \"Bem\"; did you mean Ben?","kind":"not found"}` + "\n"; errs != want || code != 1 {
		t.Errorf("--json: exit code %d, %q", code, errs)
	}
}
