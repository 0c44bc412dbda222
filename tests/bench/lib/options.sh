# shellcheck shell=bash
# The command line of a benchmark. The script that uses this declares
#   directory, out   what --work and --out say
#   OPTIONS   which variable another option sets, as in OPTIONS[--mib]=MIB; an array takes a list of words
#   usage     prints its help
#   quick     (if it has one) what --quick makes of the variables

declare -A OPTIONS=([--work]=directory [--out]=out)

read_options() {
  local variable
  while (($# > 0)); do
    case $1 in
      --help) usage && exit ;;
      --quick) declare -F quick >/dev/null && quick && shift && continue ;;
    esac
    variable=${OPTIONS[$1]:-}
    [[ -n $variable ]] && (($# > 1)) || { usage >&2 && exit 2; }
    if [[ $(declare -p "$variable") == "declare -a"* ]]; then
      read -ra "${variable?}" <<<"$2" || true  # an empty list is one
    else
      printf -v "$variable" %s "$2"
    fi
    shift 2
  done
}
