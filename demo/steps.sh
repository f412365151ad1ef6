# What the demo does, one function for each chapter. Sourced by demo.sh.
# shellcheck shell=bash

TITLE='select title, year from books order by year'

prepare() {
  headline "Preparing"
  dotnet --version >/dev/null 2>&1 || fail "the .NET 10 SDK is missing; install it first (package dotnet-sdk-10.0, or see https://dot.net)"
  if $OWN_CLUSTER; then
    local tool
    for tool in kubectl curl psql; do command -v "$tool" >/dev/null || fail "$tool is missing; install it first (Debian packages: kubernetes-client, curl, postgresql-client)"; done
    quietly "building landline" ./build.sh
    quietly "deploying the example" deploy
  else
    [ "$(id -u)" = 0 ] || fail "needs root: the lab is made of network namespaces and containers. With KUBECONFIG set it does not"
    explain "The first time this takes ten to twenty minutes, most of it for building Kubernetes from Debian's source package."
    quietly "installing PostgreSQL, a Python driver, curl" packages postgresql postgresql-client python3 python3-psycopg2 curl openssl
    quietly "installing the lab, building Kubernetes" lab/lab install
    quietly "starting a cluster of two nodes" lab_up
    quietly "building landline and its image" ./build.sh --image
    quietly "building the example's image" demo_image
    quietly "loading the images into the nodes" lab/lab load artifacts/landline-image.tar artifacts/demo-image.tar
    quietly "starting PostgreSQL on a private network" database_up "$PASSWORD"
    quietly "deploying the example" deploy
  fi
}

show_before() {
  headline "A program in a cluster, and a developer outside"
  explain "yourcode-service runs in the cluster. It needs the services thing1 and thing2, settings from a ConfigMap and a Secret," \
    "and a PostgreSQL database that only the cluster reaches, as $DATABASE_HOST."
  show "kubectl get pods,services" kubectl -n "$NAMESPACE" get pods,services
  explain "" "What a pod in the cluster gets from yourcode-service:"
  show "curl http://yourcode-service/     # in a pod" call_from_cluster
  if ! landline status 2>/dev/null | grep -q Connected; then     # the second time it is connected already
    explain "" "On the developer's machine none of these names means anything:"
    try "curl http://thing1/" workstation curl --silent --show-error --max-time 3 http://thing1/ || true
  fi
}

show_connection() {
  headline "landline install, once per cluster"
  note_installation
  show "landline install" landline install --image "$LANDLINE_IMAGE"

  headline "landline connect: the machine becomes part of the cluster"
  show "landline connect --namespace $NAMESPACE --also-proxy $DATABASE_HOST:5432" \
    landline connect --namespace "$NAMESPACE" --also-proxy "$DATABASE_HOST:5432"
  explain "" "Services by their names, as in a pod:"
  show "curl http://thing1/" workstation curl --silent --show-error --max-time 10 http://thing1/
  show "curl http://thing2.$NAMESPACE.svc.cluster.local/" workstation curl --silent --show-error --max-time 10 "http://thing2.$NAMESPACE.svc.cluster.local/"
  explain "" "The database, by a name that exists only in the cluster:"
  show "psql -h $DATABASE_HOST -U librarian library -c '$TITLE'" \
    workstation env PGPASSWORD="$PASSWORD" PGCONNECT_TIMEOUT=10 psql --host="$DATABASE_HOST" --username=librarian --no-psqlrc --pset=pager=off library --command="$TITLE"
  explain "" "And what there is to know about it:"
  show "landline status" landline status
}

HANDLER=(/usr/bin/python3 demo/app/yourcode.py "my change, not deployed anywhere,")

show_attachment() {
  landline --help | grep -q '^  intercept' || return 0
  headline "landline intercept: the cluster's requests come to the machine"
  explain "The same program with a change runs on the developer's machine. Requests with the header x-developer: me go to it, all others" \
    "to the pods in the cluster, which are neither changed nor restarted. It gets the environment of the pod, the Secret's values included."
  show "landline intercept yourcode --workload yourcode-deployment --port 8080:http --http-header x-developer=me -- python3 yourcode.py" start_handler
  explain "" "A pod in the cluster calls yourcode-service with the header:"
  show "curl -H 'x-developer: me' http://yourcode-service/     # in a pod" call_from_cluster x-developer me
  explain "" "And without:"
  show "curl http://yourcode-service/     # in a pod" call_from_cluster
  show "landline list" landline list --namespace "$NAMESPACE"
  explain "" "And no pod was restarted or replaced for it:"
  show "kubectl get pods --selector app=yourcode" kubectl -n "$NAMESPACE" get pods --selector app=yourcode
}

HANDLER_PID=artifacts/demo-handler.pid      # of the command, and of the process group in which it has the handler

start_handler() {
  landline status | grep -q 'yourcode' && { echo "(it runs since the last time)"; return; }
  local log=$PWD/artifacts/demo-handler.log
  setsid "${ON_WORKSTATION[@]}" "$PROGRAM" intercept yourcode --workload yourcode-deployment --namespace "$NAMESPACE" --port 8080:http \
    --http-header x-developer=me -- "${HANDLER[@]}" >"$log" 2>&1 </dev/null &
  echo $! > "$HANDLER_PID"
  for _ in $(seq 150); do
    if call_from_cluster x-developer me 2>/dev/null | grep -q 'my change'; then cat "$log"; return; fi
    kill -0 $! 2>/dev/null || break
    sleep 0.2
  done
  cat "$log"; fail "the intercept did not come up"
}

what_next() {
  local on="${ON_WORKSTATION[*]:-}"
  [ -z "$on" ] || on+=" "
  headline "Everything keeps running. What to try next"
  explain "${on}curl http://yourcode-service/" \
    "${on}psql -h $DATABASE_HOST -U librarian library          # the password is $PASSWORD" \
    "${on}$PROGRAM status --format yaml"
  $OWN_CLUSTER || explain "lab/lab cut; sleep 20; lab/lab heal                  # the network goes away; open connections go on afterwards" \
    "lab/lab laptop bash                                  # a shell on the developer's machine"
  explain "${on}$PROGRAM quit                                 # and everything is as before" \
    "./demo.sh --down                                     # removes everything that this demo made"
}

# It goes on without its attachment, as any command does when somebody else ends that.
stop_handler() {
  local pid; pid=$(cat "$HANDLER_PID" 2>/dev/null) || return 0
  rm -f "$HANDLER_PID"
  if tr '\0' ' ' 2>/dev/null < "/proc/$pid/cmdline" | grep -q 'landline intercept yourcode'; then kill -- "-$pid"; fi
}

take_down() {
  mkdir -p artifacts
  local stays=" Debian packages and the build of Kubernetes in /var/cache/lab stay, for the next time."
  if ! $OWN_CLUSTER && [ ! -e /run/netns/laptop ]; then
    rm -rf "$DATABASE_FOLDER"
  elif ! $OWN_CLUSTER && [ -e "$LAB_MARK" ]; then
    landline quit --all || true
    database_down
    lab/lab down
  else
    stays=""
    local installed=false
    demo_installed_landline && installed=true
    stop_handler
    landline quit --all || true
    kubectl delete namespace "$NAMESPACE" --ignore-not-found
    if $installed; then landline uninstall; else stays=" Landline was in the cluster before and stays."; fi
    $OWN_CLUSTER || { database_down; stays+=" The lab was up before and stays; remove it with: lab/lab down"; }
  fi
  rm -f /etc/postgresql-common/createcluster.d/landline-demo.conf
  echo "demo: everything is removed.$stays"
}
