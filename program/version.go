package program

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura/ui/cli"
)

func versionCommand(s *cli.Shell) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version of this binary",
		Example: "  aura version\n  aura version --json",
		Args:    cli.None,
		RunE: func(*cobra.Command, []string) error {
			version, platform := buildVersion(), runtime.GOOS+"/"+runtime.GOARCH
			return s.Print(map[string]string{
				"version": version, "revision": buildSetting("vcs.revision"), "go": runtime.Version(), "platform": platform,
			}, "aura %s (%s, %s)", version, runtime.Version(), platform)
		},
	}
}

// released is the version that internal/release links in. Empty: the go command recorded it.
var released string

// buildVersion returns the version of a release, else the module's, or "devel" for a build that knows none.
func buildVersion() string {
	if released != "" {
		return released
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}

// buildSetting returns the value that the build recorded under a key, "" for none.
func buildSetting(key string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == key {
				return s.Value
			}
		}
	}
	return ""
}
