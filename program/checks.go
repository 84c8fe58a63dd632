package program

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain/builtin"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/localapi"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/ui/cli"
	"github.com/aura-runtime/aura/world"
)

// The folders of a home, as the agent lays it out.
const (
	keyringFolder = "keyring"
	journalFolder = "journal"
)

func checkAccount(home string) finding {
	a, err := readAccount(home)
	switch {
	case errors.Is(err, aura.NotFound):
		return ill("account", "copy "+accountFile+" from where the account was, or set $AURA_KEY_FILE or $AURA_PASSPHRASE_FILE",
			"%s does not say what protects its keys", home)
	case err != nil:
		return ill("account", "mend the file by hand", "%s", aura.Reason(err))
	}
	return well("account", "%s, protected by %s", home, a.Protector)
}

// checkFormat compares the format of the home with the one that this build writes.
func checkFormat(home string) finding {
	switch version, err := agent.HomeFormat(home); {
	case errors.Is(err, aura.Invalid):
		return ill("format", "install the newer aura that wrote the home", "the home has format %d, this aura knows formats up to %d", version, agent.Format)
	case err != nil:
		return ill("format", "", "%s", aura.Reason(err))
	case version < agent.Format:
		return well("format", "%d; the next aura up brings the home to format %d", version, agent.Format)
	}
	return well("format", "%d", agent.Format)
}

// checkModes looks for files of the account that other users of the machine can read. The names in the home
// are no secret.
func checkModes(home string, named protectFlags) finding {
	if runtime.GOOS == "windows" {
		return well("permissions", "the folder belongs to its user")
	}
	if err := agent.CheckHome(home); err != nil {
		return ill("permissions", "chmod go-w "+home, "%s", "others can write into "+home)
	}
	open := ""
	err := filepath.WalkDir(home, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == home {
			return err
		}
		info, err := d.Info()
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // a running agent writes and removes files
		case err != nil:
			return err
		case info.Mode().Type() != fs.ModeSymlink && info.Mode().Perm()&0o077 != 0:
			open = path
			return fs.SkipAll
		case info.IsDir():
			return fs.SkipDir // no other user can enter, so the files below are safe
		}
		return nil
	})
	switch {
	case err != nil:
		return ill("permissions", "make the folder yours", "%v", err)
	case open != "":
		return ill("permissions", "chmod -R go-rwx "+home, "other users can read %s", open)
	}
	a, err := readAccount(home)
	if err != nil {
		a = account{} // a finding of its own
	}
	for _, secret := range []string{filepath.Join(home, keyringFolder, "keyring"), a.KeyFile, a.PassphraseFile, named.keyFile, named.passphraseFile} {
		if info, err := os.Stat(secret); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
			return ill("permissions", "chmod 600 "+secret, "other users can read %s", secret)
		}
	}
	return well("permissions", "no other user reads the account or its key")
}

// checkClock compares the clock with the times of the account's files: it cannot be before them.
func checkClock(tc task.Context, home string) finding {
	now := tc.Now().At.Std()
	newest := now
	for _, name := range []string{accountFile, keyringFolder, journalFolder} {
		if info, err := os.Stat(filepath.Join(home, name)); err == nil && info.ModTime().After(newest) {
			newest = info.ModTime()
		}
	}
	if behind := newest.Sub(now); behind > time.Minute {
		return ill("clock", "set the clock of this machine", "the clock is %s behind the account's own files", behind.Round(time.Second))
	}
	return well("clock", "%s", now.Format("2006-01-02 15:04 MST"))
}

// checkPeers compares this account with its contacts: the clock with those of who is connected, as the agent
// measured, and the journal.
func checkPeers(tc task.Context, home string, running *status.Status) []finding {
	core, err := connect(tc, home)
	if err != nil {
		return nil // the agent has just ended
	}
	contacts, err := core.Contacts(tc)
	if err != nil {
		return []finding{ill("clocks", "", "%s", aura.Reason(err))}
	}
	peers, err := core.Connections(tc)
	if err != nil {
		return []finding{ill("clocks", "", "%s", aura.Reason(err))}
	}
	contested, err := core.Contested(tc)
	if err != nil {
		return []finding{ill("devices", "", "%s", aura.Reason(err))}
	}
	findings := append(compareJournals(contacts, peers), checkCopies(running, contacts, tc.Now().At)...)
	findings = append(findings, checkContests(&contested, core.Self(), contacts)...)
	findings = append(findings, checkRights(running)...)
	return append(findings, compareClocks(contacts, peers))
}

// checkContests names the accounts whose entries about devices contradict each other.
func checkContests(c *device.Contested, self aura.AuthorityID, contacts []contact.Contact) []finding {
	return told("devices", c.Notices(self, nameIn(contacts)))
}

// checkCopies tells of copies of this home and of the homes of contacts.
func checkCopies(now *status.Status, contacts []contact.Contact, at aura.Instant) []finding {
	return told("copies", now.Copies(at, nameIn(contacts)))
}

// checkRights names what the account does not permit this build.
func checkRights(now *status.Status) []finding { return told("rights", now.Rights()) }

// nameIn returns how the members of conversations are called.
func nameIn(contacts []contact.Contact) func(aura.AuthorityID) string {
	return func(who aura.AuthorityID) string {
		for i := range contacts {
			if contacts[i].Authority == who {
				return contacts[i].Name
			}
		}
		return "group member " + aura.Short(who)
	}
}

// told makes findings of notices.
func told(check string, all []status.Notice) (findings []finding) {
	for _, n := range all {
		f := well(check, "%s", n.Text)
		if n.Problem {
			f = ill(check, "", "%s", n.Text)
		}
		f.Fix = n.Fix
		findings = append(findings, f)
	}
	return findings
}

// compareJournals names the contacts whose journal does not fit this one, and those who return what this home lacks.
func compareJournals(contacts []contact.Contact, peers []status.Peer) (found []finding) {
	for _, c := range contacts {
		for _, p := range peers {
			if p.Authority != c.Authority {
				continue
			}
			if fix := fixOf(p.Reason, c.Name); fix != "" {
				found = append(found, ill("contacts", fix, "%s: %s", c.Name, p.Reason))
			}
			if p.Lacks {
				found = append(found, well("contacts", "%s %s", c.Name, status.Lacks))
			}
		}
	}
	return found
}

// fixOf says what to do when every session with a contact ends for a reason; empty: nothing.
func fixOf(reason, name string) string {
	for begin, fix := range map[string]string{
		status.ReasonContradicts:   "if this home is a copy, use the original in its place",
		status.ReasonDismisses:     "if this home is a copy, use the original in its place",
		status.ReasonOlder:         "ask " + name + " to install the newer aura",
		status.ReasonBranchesHere:  "stop all copies of this home, start one whose messages " + name + " has, and send " + name + " a message from it: the others arrive when they start again",
		status.ReasonBranchesThere: "ask " + name + " to send one more message from a copy of that home whose messages are here, while no other copy runs",
	} {
		if strings.HasPrefix(reason, begin) {
			return fix
		}
	}
	return ""
}

// compareClocks says whose clock is wrong: a difference to most contacts who are connected is this machine's.
func compareClocks(contacts []contact.Contact, peers []status.Peer) finding {
	names := map[aura.AuthorityID]string{}
	for _, c := range contacts {
		names[c.Authority] = c.Name
	}
	var said []string
	connected := 0
	for _, p := range peers {
		if p.Link != status.LinkDirect && p.Link != status.LinkRelayed || names[p.Authority] == "" {
			continue
		}
		connected++
		if p.Ahead != 0 {
			said = append(said, status.ClocksDiffer(names[p.Authority], p.Ahead))
		}
	}
	switch {
	case connected == 0:
		return unseen("clocks", "", "no contact is connected whose clock could be compared")
	case len(said) == 0:
		return well("clocks", "this clock agrees with those of all connected contacts")
	case 2*len(said) > connected && connected > 1:
		return ill("clocks", "set the clock of this machine", "%s", strings.Join(said, "; "))
	}
	return ill("clocks", "set the clock that is wrong", "%s", strings.Join(said, "; "))
}

func checkSpace(home string) finding {
	const least = 64 << 20 // bytes: some journal files and their reserve
	for _, err := os.Stat(home); err != nil && filepath.Dir(home) != home; _, err = os.Stat(home) {
		home = filepath.Dir(home)
	}
	free, err := freeBytes(home)
	switch {
	case err != nil:
		return ill("disk", "", "the free space is not known: %v", err)
	case free < least:
		return ill("disk", "remove something", "%d MiB are free, the journal needs %d to be safe", free>>20, least>>20)
	}
	return well("disk", "%d MiB are free", free>>20)
}

// checkPorts tries the ports on which the agent listens.
func checkPorts() finding {
	udp, err := net.ListenPacket("udp", ":0")
	if err != nil {
		return ill("ports", "allow programs to listen in the firewall", "no UDP port can be opened: %v", err)
	}
	defer udp.Close()
	tcp, err := net.Listen("tcp", ":0")
	if err != nil {
		return ill("ports", "allow programs to listen in the firewall", "no TCP port can be opened: %v", err)
	}
	defer tcp.Close()
	return well("ports", "UDP and TCP ports can be opened")
}

// checkSocket looks at the place where an agent would listen for this user's other programs.
func checkSocket(home string) finding {
	path := localapi.SocketPath(home)
	dir, err := os.Lstat(filepath.Dir(path))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return well("socket", "%s", path)
	case err != nil:
		return ill("socket", "", "%v", err)
	case !dir.IsDir():
		return ill("socket", "move it away", "%s is no folder", filepath.Dir(path))
	case runtime.GOOS != "windows" && dir.Mode().Perm()&0o077 != 0:
		return ill("socket", "chmod 700 "+filepath.Dir(path), "other users can enter %s", filepath.Dir(path))
	}
	if at, err := os.Lstat(path); err == nil && at.Mode().Type() != fs.ModeSocket {
		return ill("socket", "move it away", "%s is no socket", path)
	}
	return well("socket", "%s", path)
}

// askAgent returns the status of the agent that runs for a home, and the error of asking: [aura.Timeout] for an
// agent that does not answer, others when none runs.
func askAgent(tc task.Context, home string) (status.Status, error) {
	core, err := connect(tc, home)
	if err != nil {
		return status.Status{}, err
	}
	return core.Status(tc)
}

func checkServices(now *status.Status) finding {
	for _, sv := range now.Services {
		if sv.State != task.Running.String() {
			return ill("agent", "restart it: aura up", "the service %s is %s", sv.Name, sv.State)
		}
	}
	return well("agent", "running, with %d services", len(now.Services))
}

// checkFolds names the facts that this build could not take.
func checkFolds(held []status.Quarantined) []finding {
	var findings []finding
	for _, q := range held {
		findings = append(findings, ill("facts", "update Aura, and report this: the fact is stored and is tried again at each start",
			"the fact %s (%s) of %s cannot be shown: the fold of %s panics on it", q.Fact, q.Kind, aura.Short(q.Author), q.Fold))
	}
	return findings
}

// checkRecordings names the sessions that the running agent could not go on with.
func checkRecordings(running *status.Status) (findings []finding) {
	for _, why := range running.Damaged {
		findings = append(findings, ill("sessions", "check the disk: an exchange that was under way begins anew, and this is not said again after the next start",
			"the recording of a session was given up: %s", why))
	}
	for _, why := range running.Suspended {
		findings = append(findings, ill("sessions", "start this home with the program that has the module, with that text of the protocol among Earlier: the session goes on then",
			"a session waits, until its budget ends it: %s", why))
	}
	for _, why := range running.Fallbacks {
		findings = append(findings, ill("sessions", "start this home with the program that has that text of the protocol, among Earlier; or agree on another upgrade: until then, agents that have it may refuse",
			"%s", why))
	}
	return findings
}

// checkKeysAndJournal opens the keys and reads the whole journal of an account that no agent uses.
func checkKeysAndJournal(tc task.Context, s *cli.Shell, home string, named protectFlags) []finding {
	store, err := openStore(home)
	if err != nil {
		return []finding{ill("journal", journalFix(err), "%s", aura.Reason(err))}
	}
	if exposed := checkModes(home, named); !exposed.OK {
		return closeUnread(tc, store, unseen("keys", exposed.Fix, "%s", exposed.Detail))
	}
	p, err := openProtector(home, named, false)
	var ring *keyring.Ring
	if err == nil {
		ring, err = keyring.Open(tc, filepath.Join(home, keyringFolder), p)
	}
	if err != nil {
		return closeUnread(tc, store, keysFinding(home, named, err))
	}
	defer ring.Wipe()
	return append([]finding{well("keys", "they open, for %s", aura.Short(ring.Authority()))}, checkJournal(tc, s, home, store, ring)...)
}

// closeUnread closes a journal whose facts cannot be read because of a problem with the keys.
func closeUnread(tc task.Context, store journal.Store, keys finding) []finding {
	if err := store.Close(tc); err != nil {
		return []finding{keys, ill("journal", journalFix(err), "%s", aura.Reason(err))}
	}
	return []finding{keys, unseen("journal", "", "its files open, and its facts need the keys")}
}

// keysFinding explains why the keys did not open. A passphrase that only a person knows is not a problem; a
// secret that is not where the account says is one: the agent will not start either.
func keysFinding(home string, named protectFlags, err error) finding {
	a, unread := readAccount(home)
	typed := unread == nil && a.Protector == byPassphrase && a.PassphraseFile == "" && named == protectFlags{}
	switch {
	case unread != nil:
		return unseen("keys", "", "%s", aura.Reason(err)) // a finding of its own
	case typed && errors.Is(err, aura.NotFound):
		return unseen("keys", "name a file with the passphrase with $AURA_PASSPHRASE_FILE", "their passphrase is typed at each start")
	case errors.Is(err, aura.NotFound):
		return ill("keys", "put the file back, or name another place with $AURA_KEY_FILE or $AURA_PASSPHRASE_FILE", "%s", aura.Reason(err))
	case errors.Is(err, aura.Corrupt):
		return ill("keys", "put back "+filepath.Join(home, keyringFolder, "keyring")+" as aura init wrote it: that file alone never changes", "%s", aura.Reason(err))
	}
	return ill("keys", "use the secret that the account was made with", "%s", aura.Reason(err))
}

// openStore opens the journal of a home for reading alone.
func openStore(home string) (journal.Store, error) {
	dir := filepath.Join(home, journalFolder)
	if _, err := os.Stat(dir); err != nil {
		return nil, aura.Errorf("program.openStore", aura.Corrupt, "the folder %s is missing", dir)
	}
	return journal.OpenPebble(dir, journal.PebbleOptions{ReadOnly: true})
}

// checkJournal reads and folds every fact, which opens its seal and checks its hash.
func checkJournal(tc task.Context, s *cli.Shell, home string, store journal.Store, ring *keyring.Ring) []finding {
	set, err := builtin.New(s.Modules...)
	if err != nil {
		return []finding{ill("journal", "", "%s", aura.Reason(err))}
	}
	j, err := journal.Open(tc, store, journal.Options{
		Key: ring.StoreKey(), Entropy: world.Random(), Registry: set.Registry(), Author: ring.Authority(), Device: ring.Device(),
	})
	facts, void := 0, 0
	var held []status.Quarantined
	var copies []finding
	var rights status.Status
	var logs finding
	if err == nil {
		index := directory.New(set, ring.Authority(), j.Meta)
		_, err = j.ReadStored(tc, fact.Selection{}, func(r fact.Record) error {
			if facts++; r.Void {
				void++
			}
			index.Committed([]fact.Record{r})
			return nil
		})
		held = agent.Quarantined(index.Quarantined())
		copies = append(checkMark(s, home, j.Mark()), checkBranches(tc, j, index, ring)...)
		logs = checkLogs(j)
		withheld, unread := agent.Withheld(tc, ring, set, j)
		rights.Withheld, rights.Removed = withheld, index.Removed(ring.Authority(), ring.Device())
		// A start reads more than the facts and the logs, and needs each block of each file.
		if err == nil {
			err = store.Iterate(nil, nil, func(_, _ []byte) error { return tc.Err() })
		}
		err = errors.Join(err, unread, j.Close(tc))
	}
	switch {
	case err != nil:
		return []finding{ill("journal", journalFix(err), "%s", aura.Reason(err))}
	case facts == 0:
		return []finding{ill("journal", lostJournal, "it is empty")}
	}
	intact := well("journal", "%d facts, all intact", facts)
	if void > 0 {
		intact.Detail += fmt.Sprintf("; void, because their device was removed: %d", void)
	}
	findings := append([]finding{intact, logs}, checkFolds(held)...)
	return append(append(findings, copies...), checkRights(&rights)...)
}

// checkLogs says how many and how large the device-local logs are, and which one cannot be read.
func checkLogs(j *journal.Journal) finding {
	if l, err := unreadable(j); err != nil {
		return ill("logs", logsFix(l.Family(), err), "%s", aura.Reason(err))
	}
	return countLogs(agent.Logs(j))
}

// countLogs says how many and how large logs are.
func countLogs(all []status.Logs) finding {
	said := make([]string, len(all))
	for i, l := range all {
		entries := "entries"
		if l.Entries == 1 {
			entries = "entry"
		}
		said[i] = fmt.Sprintf("%s: %d with %d %s, %d KiB", l.Name, l.Logs, l.Entries, entries, (l.Bytes+1023)>>10)
	}
	if len(said) == 0 {
		return well("logs", "there are none on this device")
	}
	return well("logs", "kept on this device alone: %s", strings.Join(said, "; "))
}

// logsFix says what follows from a log of a family that cannot be read: receipts of a contact go with the messages, until others take
// their place, and a session whose recording is damaged is given up. A start needs the other logs.
func logsFix(family string, err error) string {
	switch {
	case aura.KindOf(err) != aura.Corrupt:
		return "check the disk, then run aura doctor again"
	case family == "receipt":
		return "check the disk: Aura goes on, and messages to one contact may wait until the next hour begins with new receipts"
	case family == "session":
		return "check the disk: Aura goes on, and gives up the session whose recording this is"
	}
	return "check the disk; when aura up fails: " + lostJournal
}

// unreadable reads every entry of every log, which opens its seal. It returns the first log in which that fails, and why.
func unreadable(j *journal.Journal) (journal.Log, error) {
	for _, l := range j.Logs() {
		for n := l.Dropped + 1; n <= l.Last; {
			values, err := j.ReadLog(l.Name, n, 1024, 1<<20)
			if err != nil {
				return l, err
			}
			n += uint64(len(values))
		}
	}
	return journal.Log{}, nil
}

// checkMark compares how far a home has come with what this machine last ran.
func checkMark(s *cli.Shell, home string, here journal.Mark) []finding {
	newest, _, err := readMark(here.Device)
	if err != nil || !here.Behind(newest) {
		return nil // a start does without a mark as well
	}
	old := &agent.StaleError{Home: home, Here: here, Newest: newest}
	return []finding{ill("copies", goOn+s.HomeFlag(), "%s", olderText(old))}
}

// checkBranches tells of copies and of contested accounts that a journal without an agent knows of.
func checkBranches(tc task.Context, j *journal.Journal, x *directory.Index, ring *keyring.Ring) []finding {
	now := &status.Status{Device: ring.Device(), Branches: agent.Branches(j, x, ring.Authority(), ring.Device())}
	var contacts []contact.Contact
	var contested device.Contested
	x.Read(func(s *directory.State) {
		contacts, contested = s.Contacts.Contacts(), device.ContestedAt(s.States, ring.Authority(), tc.Now().At)
	})
	return append(checkCopies(now, contacts, tc.Now().At), checkContests(&contested, ring.Authority(), contacts)...)
}

// lostJournal is the advice for a home without a journal.
const lostJournal = "an account whose journal is lost goes on with a copy of its home, to which contacts return what they have; " +
	"without a copy run aura init in another folder and invite your contacts again (if this one was never used, remove the folder)"

func journalFix(err error) string {
	switch {
	case errors.Is(err, aura.Conflict):
		return "end the other process that uses it"
	case errors.Is(err, aura.Corrupt):
		return lostJournal
	case errors.Is(err, aura.Exhausted):
		return "make room on the disk"
	}
	return ""
}
