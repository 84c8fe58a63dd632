package program

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/ui/cli"
	"github.com/aura-runtime/aura/world"
)

// A home that was restored from a copy cannot know that it is older than the home that ran before. So the machine keeps a
// mark of each device that runs on it, outside of all homes.

// markEvery is how long the mark may be older than the journal while an agent runs.
const markEvery = time.Minute

// markFormat is the format of the files of marks.
const markFormat = 1

// markFile is the content of the file of a mark.
type markFile struct {
	Format int           `json:"format"`
	Device aura.DeviceID `json:"device"`
	Facts  uint64        `json:"facts"`
	Heads  string        `json:"heads"` // hexadecimal
	Home   string        `json:"home"`  // the folder that ran
	Time   time.Time     `json:"time"`  // of this machine's clock
}

// markPath returns where this machine keeps the mark of a device: in the folder for the state of programs.
func markPath(device aura.DeviceID) (string, error) {
	folder := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(folder) {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", aura.Errorf("program.markPath", aura.Unavailable, "no home folder is known: set $XDG_STATE_HOME")
		}
		switch local := os.Getenv("LOCALAPPDATA"); {
		case runtime.GOOS == "windows" && filepath.IsAbs(local):
			folder = local
		case runtime.GOOS == "darwin":
			folder = filepath.Join(home, "Library", "Application Support")
		default:
			folder = filepath.Join(home, ".local", "state")
		}
	}
	return filepath.Join(folder, "aura", "marks", device.String()+".json"), nil
}

// maxMark is how large the file of a mark may be: a name of a folder has at most 4 KiB.
const maxMark = 8 << 10

// readMark returns the mark of a device. It returns [aura.NotFound] when this machine has none, [aura.Invalid] for one of a newer
// format, and [aura.Corrupt] for a file that is none of this device.
func readMark(device aura.DeviceID) (m journal.Mark, f markFile, err error) {
	const op = "program.readMark"
	path, err := markPath(device)
	if err != nil {
		return m, f, err
	}
	info, err := os.Stat(path)
	if err == nil && (!info.Mode().IsRegular() || info.Size() > maxMark) { // a pipe would keep the start waiting
		return m, f, aura.Errorf(op, aura.Corrupt, "%s is no mark of this device", path)
	}
	text := []byte(nil)
	if err == nil {
		text, err = os.ReadFile(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return m, f, aura.Errorf(op, aura.NotFound, "%s does not exist", path)
	}
	if err != nil {
		return m, f, aura.Errorf(op, aura.Unavailable, "%w", err)
	}
	if newer := formatOf(text); newer > markFormat {
		return m, f, aura.Errorf(op, aura.Invalid, "%s has format %d, this program knows %d: upgrade the program", path, newer, markFormat)
	}
	heads := []byte(nil)
	if err = json.Unmarshal(text, &f); err == nil {
		heads, err = hex.DecodeString(f.Heads)
	}
	if err != nil || f.Format != markFormat || len(heads) != len(m.Heads) || f.Device != device {
		return m, f, aura.Errorf(op, aura.Corrupt, "%s is no mark of this device", path)
	}
	return journal.Mark{Device: device, Facts: f.Facts, Heads: [32]byte(heads)}, f, nil
}

// formatOf returns the format that a file of a mark says, zero for none.
func formatOf(text []byte) int {
	var f struct {
		Format int `json:"format"`
	}
	if json.Unmarshal(text, &f) != nil {
		return 0
	}
	return f.Format
}

// newestMark returns the marks that this machine keeps. One that cannot be read, or is of another device, stops no start.
func newestMark(s *cli.Shell) func(aura.DeviceID) (journal.Mark, bool) {
	return func(device aura.DeviceID) (journal.Mark, bool) {
		m, _, err := readMark(device)
		if err != nil && !errors.Is(err, aura.NotFound) {
			fmt.Fprintf(s.Err, "%s: %s; so it is not known whether this home is older than what this machine last ran\n",
				cmp.Or(s.Name, "aura"), aura.Reason(err))
		}
		return m, err == nil
	}
}

// mayGoOn asks at the terminal whether an agent goes on with a home that is older than its mark. It returns the refusal
// of the person, or an error that says how to go on where there is no terminal to ask at.
func mayGoOn(s *cli.Shell, old *agent.StaleError) error {
	const op = "program.mayGoOn"
	said := olderText(old)
	if !s.JSON {
		yes, err := confirm(said + ".\nIf the newer home is still there, use that one. Contacts return to this one what they have.\nGo on with this home? [y/N] ")
		switch {
		case err == nil && yes:
			return nil
		case err == nil:
			return aura.Errorf(op, aura.Cancelled, "nothing was written")
		case !errors.Is(err, aura.Unavailable):
			return err
		}
	}
	return aura.Errorf(op, aura.Stale, "%s; nothing was written; %s%s", said, goOn, s.HomeFlag())
}

const goOn = "use the newer home if it is still there, or go on with this one: aura up --older-home"

// olderText says how much older a home is, and which one is newer.
func olderText(old *agent.StaleError) string {
	said := old.Error()
	if _, f, err := readMark(old.Newest.Device); err == nil {
		said += fmt.Sprintf(" by %s in %s", f.Time.Local().Format("2006-01-02 15:04"), f.Home)
	}
	return said
}

// writeMark keeps the mark of a home. A crash leaves the old file or the new one. It returns [aura.Invalid] where there is a mark of a
// newer format, and leaves it: the newer program that wrote it would not know any more how far it came.
func writeMark(m journal.Mark, home string, now aura.Instant) error {
	const op = "program.writeMark"
	path, err := markPath(m.Device)
	if err != nil {
		return err
	}
	if _, _, err := readMark(m.Device); errors.Is(err, aura.Invalid) {
		return err
	}
	text, err := json.Marshal(markFile{
		Format: markFormat, Device: m.Device, Facts: m.Facts, Heads: hex.EncodeToString(m.Heads[:]), Home: home, Time: now.Std().UTC(),
	})
	if err != nil {
		return aura.Errorf(op, aura.Internal, "%w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return aura.Errorf(op, aura.Unavailable, "%w", err)
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return aura.Errorf(op, aura.Unavailable, "%w", err)
	}
	defer os.Remove(file.Name())
	_, err = file.Write(append(text, '\n'))
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return aura.Errorf(op, aura.Unavailable, "%w", err)
	}
	return nil
}

// marker is the service that keeps the mark of the home that runs. A mark that cannot be written stops nothing: the
// first failure in a row is reported.
type marker struct {
	home string
	mark func() journal.Mark // of the journal that the agent runs on

	// Serve uses these, then Close.
	kept   journal.Mark
	failed bool
}

// Name implements [task.Service].
func (m *marker) Name() string { return "mark" }

// Declaration implements [task.Service].
func (m *marker) Declaration() task.Declaration {
	return task.Declaration{
		Category: task.CategoryObserved, Owns: []task.Owned{{Type: "program.marker", By: task.ExclusionLoop}},
		Events: []world.Family{world.FamilyHealth},
	}
}

// Start implements [task.Service].
func (m *marker) Start(task.Context) error { return nil }

// Serve implements [task.Service].
func (m *marker) Serve(tc task.Context) error {
	for {
		m.keep(tc)
		if err := tc.Sleep(markEvery); err != nil {
			return err
		}
	}
}

// Close implements [task.Service]. No task appends facts any more.
func (m *marker) Close(tc task.Context) error {
	m.keep(tc)
	return nil
}

// keep writes the mark if it has changed.
func (m *marker) keep(tc task.Context) {
	now := m.mark()
	if now == m.kept {
		return
	}
	err := writeMark(now, m.home, tc.Now().At)
	if err == nil {
		m.kept, m.failed = now, false
		return
	}
	if !m.failed {
		m.failed = true
		tc.Emit(world.ServiceTroubled(m.Name(), "mark of this home not written", "", err))
	}
}
