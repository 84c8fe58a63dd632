// Command trail counts the files and functions of Aura that run between a send and the moment at which the other
// side's screen shows the message: the files that a reader who follows one message would have to open. It is built
// with coverage:
//
//	cd bench && go build -cover -covermode=atomic -coverpkg=github.com/aura-runtime/aura/... -o trail.bin ./trail && ./trail.bin
package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime/coverage"
	"strings"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/task"
)

func main() {
	dir, err := os.MkdirTemp("", "trail")
	must(err)
	defer os.RemoveAll(dir)
	auratest.Run(nil, auratest.Options{}, func(tc task.Context, w *auratest.World) { follow(tc, w, dir) })
	files, functions := executed(dir)
	fmt.Printf("%d files, %d functions\n", files, functions)
}

// follow sends one text and notes what ran until the other side's screen showed it.
func follow(tc task.Context, w *auratest.World, dir string) {
	ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
	w.Meet(tc, ada, ben)
	from, to := ada.Core(tc), ben.Core(tc)
	talk, err := from.Resolve(tc, "Ben")
	must(err)
	here, err := to.Resolve(tc, "Ada")
	must(err)
	seen := false
	screen := task.NewGroup(tc, "screen")
	screen.Go("follow", func(tc task.Context) error {
		return to.Follow(tc, here, 1, func(all []chat.Message) error {
			seen = seen || len(all) > 0 && all[len(all)-1].Text == "hi"
			return nil
		})
	})
	w.Sleep(tc, 10*time.Second) // the agents finish the meeting
	must(coverage.ClearCounters())
	_, err = from.Send(tc, talk, "hi", aura.FactID{})
	must(err)
	w.Until(tc, "the screen shows it", time.Minute, func() bool { return seen })
	must(coverage.WriteMetaDir(dir))
	must(coverage.WriteCountersDir(dir))
	screen.Cancel()
}

// executed counts the files and functions that ran. The test world and the language of choreographies are not on the
// way.
func executed(dir string) (int, int) {
	out, err := exec.Command("go", "tool", "covdata", "func", "-i="+dir).Output()
	must(err)
	files, functions := map[string]bool{}, 0
	for line := range bytes.Lines(out) {
		fields := strings.Fields(string(line))
		if len(fields) < 3 || fields[len(fields)-1] == "0.0%" || !strings.Contains(fields[0], ".go:") {
			continue
		}
		file, _, _ := strings.Cut(fields[0], ":")
		if strings.Contains(file, "/auratest/") || strings.Contains(file, "/bench/") {
			continue
		}
		files[file] = true
		functions++
	}
	return len(files), functions
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
