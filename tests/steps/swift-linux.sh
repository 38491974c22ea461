#!/usr/bin/env bash
# Swift for a Debian that has none: the packages of a newer Debian, unpacked beside the system.
#   swift-linux.sh FOLDER    prints what it did; FOLDER/enter CMD… then runs a command that sees Swift
# Nothing is installed: apt resolves, verifies and downloads with a state of its own, from the mirror that
# this machine uses anyway, and a command runs with FOLDER as its root, in mounts that end with it. A
# FOLDER that is finished is left alone; to start anew, remove it. 1.1 GB, and about a minute.
set -euo pipefail

suite=trixie # its Swift is 6.0.3
folder=$(realpath -m "$1")
stamp="2 $suite"

die() {
    echo "swift-linux: $*" >&2
    exit 1
}

[ "$(cat "$folder/.stamp" 2>/dev/null)" = "$stamp" ] && exit 0
command -v apt-get >/dev/null && [ -r /etc/os-release ] || die "this needs a Debian"
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(--map-root-user)
unshare --mount ${as_root[@]+"${as_root[@]}"} true 2>/dev/null || die "mounts of our own are not allowed here"

# Two at once: the second waits, and finds it finished.
mkdir -p "$(dirname "$folder")"
exec 9>"$folder.lock"
flock 9
[ "$(cat "$folder/.stamp" 2>/dev/null)" = "$stamp" ] && exit 0
rm -rf --one-file-system "$folder" "$folder.new"
new=$folder.new
mkdir -p "$new"
apt=$new/.apt
mkdir -p "$apt/lists/partial" "$apt/archives/partial"

# An apt with an empty state: this machine's mirror, keys and proxies, the other suite.
# shellcheck disable=SC1091 # every Debian has it
codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
# shellcheck disable=SC2016 # apt fills these in
mirror=$(apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
    awk -v release="$codename" '$1 == release && $2 == "main" { print $3; exit }')
[ -n "$mirror" ] || die "apt has no mirror of Debian $codename"
keys=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keys] $mirror $suite main" >"$apt/sources.list"
: >"$apt/status"
cat >"$apt/apt.conf" <<CONF
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State::lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::Cache "$apt";
Dir::Cache::archives "$apt/archives";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Sandbox::User "root";
CONF
export APT_CONFIG="$apt/apt.conf"
apt-get -qq update

# What swiftlang depends on, less what neither a build nor a test run uses.
unused='^(cpp.*|gcc|gcc-[0-9]+.*|gcc-(x86|aarch).*|libgcc-1[5-9]-dev|libcc1-0|libisl.*|libmpc3|libmpfr6'
unused+='|lib(a|hwa|l|t|ub)san[0-9]+|libitm1|libquadmath0|(lib)?python3.*|media-types|netbase|debconf'
unused+='|(lib)?perl.*|liberror-perl|openssl-provider-legacy|rpcsvc-proto|git-man|dpkg|tar'
unused+='|init-system-helpers|debianutils)$'
apt-get install --simulate --yes --no-install-recommends \
    swiftlang libc6-dev libstdc++-14-dev libgcc-14-dev dash coreutils tzdata git |
    sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*/\1=\2/p' |
    while IFS= read -r package; do
        name=${package%%=*}
        [[ ${name%%:*} =~ $unused ]] || echo "$package"
    done >"$apt/wanted"
[ -s "$apt/wanted" ] || die "apt found no way to Swift in $suite"
(cd "$apt/archives" && xargs -a "$apt/wanted" apt-get -qq download)

# Unpacked without their install scripts; the debugger, the editors' helpers, static libraries left out.
swift=usr/libexec/swift
mkdir -p "$new"/usr/{bin,sbin,lib,lib64} "$new"/{etc,proc,sys,dev,run,var/tmp}
for name in bin sbin lib lib64; do ln -sfn "usr/$name" "$new/$name"; done
left_out=()
for name in lib/swift/embedded lib/swift_static lib/swift/FrameworkABIBaseline 'lib/liblldb*' 'bin/lldb*' \
    bin/clangd bin/sourcekit-lsp 'lib/libsourcekitd*' 'lib/libLTO*' bin/docc bin/swift-format; do
    left_out+=(--exclude="./$swift/$name")
done
for name in doc man locale info; do left_out+=(--exclude="./usr/share/$name"); done
for package in "$apt"/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$package" |
        tar -x -C "$new" --keep-directory-symlink --no-same-owner "${left_out[@]}"
    rm -f "$package"
done
ln -sfn "../libexec/swift/bin/swift" "$new/usr/bin/swift"
ln -sfn dash "$new/usr/bin/sh"
for file in passwd group hosts nsswitch.conf; do
    [ -f "/etc/$file" ] && cp "/etc/$file" "$new/etc/$file"
done
# Debian's libswiftObservation has an undefined symbol that is never called, and the linker minds.
printf '#!/bin/sh\nexec /usr/bin/ld.bfd --allow-shlib-undefined "$@"\n' >"$new/usr/bin/ld.lenient"
chmod 755 "$new/usr/bin/ld.lenient"
ln -sfn ld.lenient "$new/usr/bin/ld"
rm -rf "$apt"

cat >"$new/enter" <<'RUN'
#!/bin/sh
# enter CMD…: runs CMD with this folder as its root, in the current directory. What the system does not
# own (home, root, tmp, work …) is seen where it always is. The mounts end with the command.
root=$(dirname "$(realpath "$0")")
[ "$(id -u)" = 0 ] || as_root=--map-root-user
for top in /*; do
    [ -d "$top" ] && [ ! -L "$top" ] && mkdir -p "$root$top"
done
# A project below /var or /usr is none of the system's.
mkdir -p "$root$PWD"
export LC_ALL="${LC_ALL:-C.UTF-8}"
exec unshare --mount $as_root /bin/sh -c '
    root=$1
    shift
    for top in /*; do
        case $top in /bin | /boot | /etc | /lib* | /lost+found | /media | /run | /sbin | /usr | /var) continue ;; esac
        [ -d "$top" ] && [ ! -L "$top" ] || continue
        mount --rbind "$top" "$root$top" || exit 125
    done
    [ -e "$root$PWD/." ] && [ "$PWD/." -ef "$root$PWD/." ] || mount --rbind "$PWD" "$root$PWD" || exit 125
    export PATH=/usr/libexec/swift/bin:/usr/bin:/usr/sbin
    exec unshare --root="$root" --wd="$PWD" "$@"
' sh "$root" "$@"
RUN
chmod 755 "$new/enter"
"$new/enter" swift --version 2>&1 | head -n 1
echo "$stamp" >"$new/.stamp"
mv "$new" "$folder"
